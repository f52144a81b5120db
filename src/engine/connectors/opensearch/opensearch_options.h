// The options of an OpenSearch or Elasticsearch table.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/aws/async_writer.h"
#include "engine/plan/descriptors.h"
#include "net/url.h"

namespace sluice::engine::opensearch {

struct SinkOptions {
  std::vector<net::Url> hosts;
  std::string path_prefix;
  std::string index;  // a pattern, see index_name.h
  std::string key_delimiter = "_";
  std::string authorization;  // the header; empty: none
  bool ignore_failures = false;
  bool allow_insecure = false;
  std::chrono::milliseconds request_timeout{60'000};
  aws::AsyncWriterLimits limits;
};

/// `connector`: "opensearch-2", … Errors are Flink's.
Result<SinkOptions> ReadOptions(const std::string& connector, const TableDescription& table);
std::vector<std::string> OptionNames(const std::string& connector);

}  // namespace sluice::engine::opensearch
