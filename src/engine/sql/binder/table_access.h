// Catalog tables as connectors see them.
#pragma once

#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

/// The connector named by the table's options; null and an error in `status` if there is none.
const ConnectorDescriptor* FindTableConnector(const CatalogTable& table, const BindContext& context, Status* status);

/// OPTIONS hints may be switched off by table.dynamic-table-options.enabled.
Status CheckOptionHints(const OptionMap& options, TextPosition position);

/// Physical and metadata columns, keys and options; metadata types as declared.
TableDescription DescribeTable(const ObjectPath& path, const CatalogTable& table, const BindContext& context);

}  // namespace sluice::engine::sql
