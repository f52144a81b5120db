// awsJson1.1 over HTTP: finds the action, checks the request, runs it, writes answer or error.
#pragma once

#include "net/http_message.h"
#include "service/api/service_context.h"

namespace sluice::service {

/// Any thread. POST / with X-Amz-Target is the API; GET /health and /ready say that the service is there: it listens
/// only once it has taken up its applications. Errors carry __type and message in the body, x-amzn-ErrorType and an
/// HTTP status; every answer has x-amzn-RequestId.
net::HttpResponse HandleApiRequest(ServiceContext& context, const net::HttpRequest& request);

}  // namespace sluice::service
