/* The wall speaks: each new call once, in Vietnamese where the machine has the voice, else a chime made here (no file, no
   service). Browsers allow sound only after somebody pressed something, hence the button. Without this script the wall shows
   numbers as before. */
"use strict";

(() => {
  const button = document.getElementById("bat-tieng");
  const label = button.querySelector("span");
  let sound = null;
  let last = document.getElementById("man-hinh").dataset.call ?? "";

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
  document.addEventListener("htmx:afterSettle", () => {
    const { call = "", say: text = "" } = document.getElementById("man-hinh").dataset;
    if (call && call !== last && sound) say(text);
    last = call;
  });
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", () => {
    if (sound) label.textContent = voice() ? button.dataset.on : button.dataset.chime;
  });
})();
