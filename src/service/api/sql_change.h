// The frame of the operations that change a SQL-1_0 application's inputs, outputs and reference data.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "service/api/version_change.h"

namespace sluice::service {

inline constexpr std::string_view kProcessing = "InputProcessingConfigurationDescription";

/// Changes `sql`, the SqlApplicationConfigurationDescription, for the new version; may add members to the answer.
using SqlChange =
    std::function<Answer<Done>(boost::json::object& sql, int64_t new_version, boost::json::object& answer)>;

/// Loads, checks, changes, writes the new version. The answer has ApplicationARN, ApplicationVersionId and what
/// `change` put there. InvalidArgumentException for applications that are not SQL-1_0.
Answer<boost::json::object> ChangeSql(ServiceContext& context, const boost::json::object& request,
                                      std::string_view operation, const SqlChange& change);

/// ResourceNotFoundException if there is no input of that id.
Answer<boost::json::object*> FindInput(boost::json::object& sql, const std::string& id);

}  // namespace sluice::service
