"""One HTTP gateway: POST {to, text} as JSON with an Idempotency-Key, a timeout, and a few tries.

A try is repeated after a timeout, a broken connection, 429 and 5xx; the key lets the gateway know it again. Any other answer
is final. The gateway answers 2xx with {"id": "…"}.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from registry.rules.phrases import Phrase
from screening.senders import Message, NotSentError

TRIES = 3
LONGEST_ANSWER = 65_536


class GatewaySender:
    """Sends through settings.SCREENING_GATEWAY_URL, with SCREENING_GATEWAY_TOKEN as bearer where there is one."""

    def __init__(self) -> None:
        self.url = str(settings.SCREENING_GATEWAY_URL)
        self.seconds = float(settings.SCREENING_GATEWAY_SECONDS)
        self.pause = float(settings.SCREENING_GATEWAY_PAUSE)

    def send(self, message: Message) -> str:
        """The gateway's number of the message."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise NotSentError("Chưa cấu hình cổng tin nhắn.")
        reason = ""
        for at in range(TRIES):
            if at:
                time.sleep(self.pause * 2 ** (at - 1))
            answer, reason, final = self._try(message)
            if final:
                break
        if reason:
            raise NotSentError(reason)
        return answer

    def _try(self, message: Message) -> tuple[str, str, bool]:
        """(the gateway's number, why it failed, whether to stop trying)."""
        try:
            with urllib.request.urlopen(self._request(message), timeout=self.seconds) as answer:  # noqa: S310 - checked
                return _number_in(answer.read(LONGEST_ANSWER)), "", True
        except urllib.error.HTTPError as error:
            final = error.code != HTTPStatus.TOO_MANY_REQUESTS and error.code < HTTPStatus.INTERNAL_SERVER_ERROR
            return "", Phrase("Cổng tin nhắn từ chối (HTTP {code}).", code=error.code), final
        except TimeoutError:
            return "", "Cổng tin nhắn không trả lời kịp.", False
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            late = isinstance(getattr(error, "reason", None), TimeoutError)
            return "", "Cổng tin nhắn không trả lời kịp." if late else "Không kết nối được cổng tin nhắn.", False

    def _request(self, message: Message) -> urllib.request.Request:
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        if settings.SCREENING_GATEWAY_TOKEN:
            headers["Authorization"] = f"Bearer {settings.SCREENING_GATEWAY_TOKEN}"
        body = orjson.dumps({"to": message.to, "text": message.text})
        return urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - checked


def _number_in(body: bytes) -> str:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return str(found.get("id", ""))[:80] if isinstance(found, dict) else ""
