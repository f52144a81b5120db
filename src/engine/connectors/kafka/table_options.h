// One table's options: read, checked, and refused in Flink's words (KafkaDynamicTableFactory,
// UpsertKafkaDynamicTableFactory).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/options_registry.h"
#include "engine/connectors/kafka/kafka_options.h"

namespace sluice::engine::kafka {

/// Errors are Flink's sentences. The table and the formats must outlive it.
class TableOptions {
 public:
  TableOptions(const TableDescription& table, const Formats& formats, bool upsert, bool sink)
      : table_(table),
        formats_(formats),
        upsert_(upsert),
        sink_(sink),
        values_(table.options.begin(), table.options.end()) {}

  const OptionValues& values() const { return values_; }

  /// Formats, then the options' names, in Flink's order.
  Status Common(KafkaTable& out);
  Status ReadTopics(Topics& out) const;
  /// Which columns stand in key and value.
  Status Layout(splits::RecordLayout& layout) const;
  Status CheckPrimaryKey(const splits::RecordLayout& layout) const;
  Status CheckUpsertFormats(const splits::RecordLayout& layout) const;
  /// "partition:0,offset:42;…", which the mode (startup, bounded) demands.
  Status Offsets(const Option<std::string>& option, std::string_view mode, const Topics& topics,
                 OffsetsByPartition& out) const;
  /// ms since the epoch, which the mode demands.
  Result<int64_t> Timestamp(const Option<int64_t>& option, std::string_view mode) const;

 private:
  const ChangelogMode& Changelog(const Format& format) const;
  Result<std::string> FindText(const Option<std::string>& option) const;

  /// Null if the option is not set.
  Result<const Format*> FormatOf(std::string_view option) const;
  Status CheckKeyFormat(const Format& format) const;
  Status CheckNames(const splits::RecordLayout& layout, const std::string& value_prefix) const;
  Result<std::vector<int>> KeyFields(const splits::RecordLayout& layout) const;

  /// The format's own checks; of an encoder, that it can be made.
  Status ValidateFormat(const Format& format, const OptionMap& options, const std::vector<int>& fields,
                        std::string_view prefix) const;

  const TableDescription& table_;
  const Formats& formats_;
  const bool upsert_, sink_;
  const OptionValues values_;
};

}  // namespace sluice::engine::kafka
