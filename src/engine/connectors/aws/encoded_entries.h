// Entries whose data is a row in the table's format.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/connectors/aws/async_sink.h"

namespace sluice::engine::aws {

/// The key of a row's entry; may be null.
using EntryKey = std::function<std::string(const Batch& batch, size_t position)>;

/// `opened` (may be null) hears the context before the first row.
Result<std::unique_ptr<EntryMaker>> MakeEncodedEntries(const TableDescription& table, const Schema& input,
                                                       const ConnectorEnvironment& environment, EntryKey key,
                                                       std::function<void(const TaskContext&)> opened);

/// The table's format can write rows of its schema.
Result<TableCapability> EncodedCapability(const TableDescription& table, const std::map<std::string, Format>& formats);

}  // namespace sluice::engine::aws
