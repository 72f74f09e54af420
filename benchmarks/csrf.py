"""The anti-forgery token of the benches: the same in cookie and form, as a browser sends it."""

CSRF = "b" * 32
