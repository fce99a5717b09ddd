"""HTTP errors as exceptions, and `abort`."""

HTTP_STATUS_CODES = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
    412: "Precondition Failed", 413: "Request Entity Too Large", 414: "Request URI Too Long",
    415: "Unsupported Media Type", 416: "Requested Range Not Satisfiable", 417: "Expectation Failed",
    418: "I'm a teapot", 422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency",
    428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
}


class HTTPException(Exception):
    code = None
    description = None

    def __init__(self, description=None, response=None):
        super().__init__()
        if description is not None:
            self.description = description
        self.response = response

    @property
    def name(self):
        return HTTP_STATUS_CODES.get(self.code, "Unknown Error")

    def get_description(self, environ=None, scope=None):
        return f"<p>{self.description or ''}</p>"

    def get_response(self, environ=None, scope=None):
        return self.response

    def __str__(self):
        code = self.code if self.code is not None else "???"
        return f"{code} {self.name}: {self.description}"

    def __repr__(self):
        code = self.code if self.code is not None else "???"
        return f"<{type(self).__name__} '{code}: {self.name}'>"


def _error(name, code, description):
    return type(name, (HTTPException,), {"__module__": __name__, "code": code, "description": description})


BadRequest = _error(
    "BadRequest",
    400,
    'The browser (or proxy) sent a request that this server could not understand.',
)
Unauthorized = _error(
    "Unauthorized",
    401,
    'The server could not verify that you are authorized to access the URL requested. You either '
    "supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to"
    ' supply the credentials required.',
)
Forbidden = _error(
    "Forbidden",
    403,
    "You don't have the permission to access the requested resource. It is either read-protected or "
    'not readable by the server.',
)
NotFound = _error(
    "NotFound",
    404,
    'The requested URL was not found on the server. If you entered the URL manually please check '
    'your spelling and try again.',
)
MethodNotAllowed = _error(
    "MethodNotAllowed",
    405,
    'The method is not allowed for the requested URL.',
)
NotAcceptable = _error(
    "NotAcceptable",
    406,
    'The resource identified by the request is only capable of generating response entities which '
    'have content characteristics not acceptable according to the accept headers sent in the '
    'request.',
)
RequestTimeout = _error(
    "RequestTimeout",
    408,
    "The server closed the network connection because the browser didn't finish the request within "
    'the specified time.',
)
Conflict = _error(
    "Conflict",
    409,
    'A conflict happened while processing the request. The resource might have been modified while '
    'the request was being processed.',
)
Gone = _error(
    "Gone",
    410,
    'The requested URL is no longer available on this server and there is no forwarding address. If '
    'you followed a link from a foreign page, please contact the author of this page.',
)
LengthRequired = _error(
    "LengthRequired",
    411,
    'A request with this method requires a valid <code>Content-Length</code> header.',
)
PreconditionFailed = _error(
    "PreconditionFailed",
    412,
    'The precondition on the request for the URL failed positive evaluation.',
)
RequestEntityTooLarge = _error(
    "RequestEntityTooLarge",
    413,
    'The data value transmitted exceeds the capacity limit.',
)
RequestURITooLarge = _error(
    "RequestURITooLarge",
    414,
    'The length of the requested URL exceeds the capacity limit for this server. The request cannot '
    'be processed.',
)
UnsupportedMediaType = _error(
    "UnsupportedMediaType",
    415,
    'The server does not support the media type transmitted in the request.',
)
RequestedRangeNotSatisfiable = _error(
    "RequestedRangeNotSatisfiable",
    416,
    'The server cannot provide the requested range.',
)
ExpectationFailed = _error(
    "ExpectationFailed",
    417,
    'The server could not meet the requirements of the Expect header',
)
ImATeapot = _error("ImATeapot", 418, 'This server is a teapot, not a coffee machine')
MisdirectedRequest = _error(
    "MisdirectedRequest",
    421,
    'The server is not able to produce a response.',
)
UnprocessableEntity = _error(
    "UnprocessableEntity",
    422,
    'The request was well-formed but was unable to be followed due to semantic errors.',
)
Locked = _error("Locked", 423, 'The resource that is being accessed is locked.')
FailedDependency = _error(
    "FailedDependency",
    424,
    'The method could not be performed on the resource because the requested action depended on '
    'another action and that action failed.',
)
PreconditionRequired = _error(
    "PreconditionRequired",
    428,
    'This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".',
)
TooManyRequests = _error(
    "TooManyRequests",
    429,
    'This user has exceeded an allotted request count. Try again later.',
)
RequestHeaderFieldsTooLarge = _error(
    "RequestHeaderFieldsTooLarge",
    431,
    'One or more header fields exceeds the maximum size.',
)
UnavailableForLegalReasons = _error(
    "UnavailableForLegalReasons",
    451,
    'Unavailable for legal reasons.',
)
InternalServerError = _error(
    "InternalServerError",
    500,
    'The server encountered an internal error and was unable to complete your request. Either the '
    'server is overloaded or there is an error in the application.',
)
NotImplemented = _error(
    "NotImplemented",
    501,
    'The server does not support the action requested by the browser.',
)
BadGateway = _error(
    "BadGateway",
    502,
    'The proxy server received an invalid response from an upstream server.',
)
ServiceUnavailable = _error(
    "ServiceUnavailable",
    503,
    'The server is temporarily unable to service your request due to maintenance downtime or '
    'capacity problems. Please try again later.',
)
GatewayTimeout = _error("GatewayTimeout", 504, 'The connection to an upstream server timed out.')
HTTPVersionNotSupported = _error(
    "HTTPVersionNotSupported",
    505,
    'The server does not support the HTTP protocol version used in the request.',
)

_by_code = {
    value.code: value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, HTTPException) and value.code
}


def abort(status, *args, **kwargs):
    if not isinstance(status, int):
        raise HTTPException(response=status)
    if status not in _by_code:
        raise LookupError(f"no exception for {status!r}")
    raise _by_code[status](*args, **kwargs)


default_exceptions = _by_code
