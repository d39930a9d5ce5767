"""Graph's refusals, with the codes and texts the service uses."""

from __future__ import annotations

import time
import uuid
from typing import Any

from contacts_sync.simulator.messages import Answer, Request


class GraphError(Exception):
    """A request Graph refuses; becomes the error envelope."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}


def answer_error(error: GraphError, request: Request, now: float) -> Answer:
    request_id = str(uuid.uuid4())
    envelope: dict[str, Any] = {
        "error": {
            "code": error.code,
            "message": error.message,
            "innerError": {
                "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)),
                "request-id": request_id,
                "client-request-id": request.header("client-request-id") or request_id,
            },
        }
    }
    return Answer(error.status, envelope, dict(error.headers))


def item_not_found() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def id_malformed() -> GraphError:
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def access_denied() -> GraphError:
    return GraphError(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )


def invalid_token(message: str) -> GraphError:
    return GraphError(
        401,
        "InvalidAuthenticationToken",
        message,
        {"WWW-Authenticate": 'Bearer realm="", authorization_uri="", client_id=""'},
    )


def no_mailbox() -> GraphError:
    return GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def too_many_values(name: str, count: int, most: int) -> GraphError:
    name = name[:1].upper() + name[1:]
    return GraphError(
        400,
        "ErrorInvalidProperty",
        f"The multi value property {name} has {count} entries, "
        f"that exceeds the max allowed value of {most}.",
    )


def unknown_property(name: str, kind: str) -> GraphError:
    return GraphError(
        400,
        "RequestBodyRead",
        f"The property '{name}' does not exist on type 'Microsoft.OutlookServices.{kind}'. "
        "Make sure to only use property names that are defined by the type or mark the type "
        "as open type.",
    )


def unreadable_value(name: str, expected: str) -> GraphError:
    return GraphError(
        400,
        "RequestBodyRead",
        f"Cannot read the value given for the property '{name}': {expected} was expected.",
    )


def not_supported() -> GraphError:
    return GraphError(405, "ErrorInvalidRequest", "The OData request is not supported.")


def conflict() -> GraphError:
    return GraphError(
        412,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed "
        "in the request does not match the current change key for the item.",
    )


def concurrency_exceeded(retry_after: str = "1") -> GraphError:
    return GraphError(
        429,
        "ApplicationThrottled",
        "Application is over its MailboxConcurrency limit.",
        {"Retry-After": retry_after},
    )


def quota_exceeded(retry_after: str) -> GraphError:
    return GraphError(
        429,
        "TooManyRequests",
        "Please retry again later.",
        {"Retry-After": retry_after},
    )
