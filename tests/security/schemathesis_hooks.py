"""Rules of the ledger beside those of schemathesis itself."""

import schemathesis

# Codes that speak about the form of a request. One that fits the document must not be refused with any of them.
FORM_CODES = {
    "validation_failed",
    "malformed_json",
    "bad_request",
    "unsupported_media_type",
    "idempotency_key_missing",
    "idempotency_key_invalid",
}

# What OpenAPI cannot say: bytes instead of characters, which partitions and projections a ledger has, which texts are
# times, and what one member means for another.
BEYOND_THE_DOCUMENT = (
    "bytes as JSON",
    "of this ledger",
    "projection: it is none of",
    "until: ",
    "expires_in_s: only",
    "end is",
)


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Numbered pages and cursors exclude each other, which OpenAPI cannot say either."""
    if is_positive(case) and case.query and ("page" in case.query or "per_page" in case.query):
        case.query = {name: value for name, value in case.query.items() if name not in ("limit", "cursor")}


@schemathesis.check
def form_is_documented(ctx, response, case):
    """What fits the document is not refused for its form."""
    if not is_positive(case) or response.status_code < 400:
        return
    problem = response.json()
    code, detail = problem["code"], problem["detail"]
    if code not in FORM_CODES or any(text in detail for text in BEYOND_THE_DOCUMENT):
        return
    # Its coverage phase sends the number 0 as a text for optional headers, whatever their pattern.
    if detail.startswith("#/headers/") and "0" in case.headers.values():
        return
    raise AssertionError(f"refused as {code}: {detail}")


@schemathesis.check
def problems_are_complete(ctx, response, case):
    """Every problem names its trace and its status, and nothing of the program."""
    if "problem+json" not in response.headers.get("content-type", [""])[0]:
        return
    problem = response.json()
    assert problem["trace_id"] == response.headers["x-trace-id"][0], "the trace differs from X-Trace-Id"
    assert problem["status"] == response.status_code, "the status differs from the answer's"
    assert "node:" not in response.text and ".ts:" not in response.text, "an answer shows internals"
