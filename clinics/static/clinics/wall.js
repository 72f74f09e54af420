/* The wall speaks: each new call once, in Vietnamese where the machine has the voice, else a chime made here (no file, no
   service). Browsers allow sound only after somebody pressed something, hence the button. Without this script the wall shows
   numbers as before. When the server does not answer, the wall says since when its numbers may be old, and asks on. */
"use strict";

(() => {
  const button = document.getElementById("bat-tieng");
  const label = button.querySelector("span");
  let sound = null;
  const numbers = () => document.getElementById("man-hinh");
  let last = numbers().dataset.call ?? "";

  const voice = () => globalThis.speechSynthesis?.getVoices().find((one) => one.lang.replace("_", "-").toLowerCase().startsWith("vi"));
  const tone = (at, pitch) => {
    const source = sound.createOscillator();
    const loud = sound.createGain();
    source.frequency.value = pitch;
    loud.gain.setValueAtTime(0.3, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
    source.connect(loud).connect(sound.destination);
    source.start(at);
    source.stop(at + 0.6);
  };
  const chime = () => {
    tone(sound.currentTime, 880);
    tone(sound.currentTime + 0.35, 660);
  };
  const say = (text) => {
    const spoken = voice();
    button.dataset.last = text;
    if (!spoken) return chime();
    const words = new SpeechSynthesisUtterance(text);
    words.voice = spoken;
    words.lang = "vi-VN";
    words.rate = 0.9;
    speechSynthesis.speak(words);
  };

  button.addEventListener("click", () => {
    sound ??= new AudioContext();
    sound.resume();
    label.textContent = voice() ? button.dataset.on : button.dataset.chime;
    button.setAttribute("aria-pressed", "true");
    chime();
  });
  // ---------- the network ----------

  const notice = document.getElementById("mat-mang");
  const lost = () => {
    notice.querySelector("time").textContent = numbers().querySelector("header time").textContent;
    notice.hidden = false;
  };
  for (const fault of ["sendError", "timeout", "responseError"]) document.addEventListener(`htmx:${fault}`, lost);
  globalThis.addEventListener("offline", lost);
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A sign-in page or a proxy's answer is not the wall: the last numbers stay.
    if (event.detail.xhr.status >= 400 || event.detail.serverResponse.includes('id="man-hinh"')) return;
    event.detail.shouldSwap = false;
    lost();
  });

  // ---------- a new answer ----------

  document.addEventListener("htmx:afterSettle", () => {
    notice.hidden = true;
    const { call = "", say: text = "" } = numbers().dataset;
    if (call && call !== last && sound) say(text);
    last = call;
  });
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", () => {
    if (sound) label.textContent = voice() ? button.dataset.on : button.dataset.chime;
  });
})();
