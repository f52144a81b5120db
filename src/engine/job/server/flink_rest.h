// Flink's JobManager REST API (the part that clients, the web page and our service use) over an EngineControl. Paths
// work with and without "/v1". JSON as Flink 2.3 answers; an error is {"errors": [text]}.
#pragma once

#include "engine/job/server/engine_control.h"
#include "net/http_message.h"

namespace sluice::engine::server {

/// Thread-safe if the control is.
class FlinkRest {
 public:
  explicit FlinkRest(EngineControl& control) : control_(control) {}
  net::HttpResponse Handle(const net::HttpRequest& request);

 private:
  EngineControl& control_;
};

}  // namespace sluice::engine::server
