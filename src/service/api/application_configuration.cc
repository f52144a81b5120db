#include "service/api/application_configuration.h"

#include <fmt/format.h>

#include <set>

#include "service/api/flink_configuration.h"
#include "service/api/resource_ids.h"
#include "service/api/runtime_family.h"
#include "service/api/sql_configuration.h"
#include "service/api/vpc_configuration.h"
#include "service/api/zeppelin_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// Which members of a configuration (and of its update) each family of runtimes has.
struct MemberRule {
  std::string_view member;
  std::string_view update;
  bool sql;
  bool flink;
  bool zeppelin;
};
constexpr MemberRule kRules[] = {
    {"SqlApplicationConfiguration", "SqlApplicationConfigurationUpdate", true, false, false},
    {"FlinkApplicationConfiguration", "FlinkApplicationConfigurationUpdate", false, true, true},
    {"ZeppelinApplicationConfiguration", "ZeppelinApplicationConfigurationUpdate", false, false, true},
    {"EnvironmentProperties", "EnvironmentPropertyUpdates", false, true, true},
    {"ApplicationSnapshotConfiguration", "ApplicationSnapshotConfigurationUpdate", false, true, true},
    {"ApplicationSystemRollbackConfiguration", "ApplicationSystemRollbackConfigurationUpdate", false, true, false},
    {"ApplicationEncryptionConfiguration", "ApplicationEncryptionConfigurationUpdate", false, true, true},
    {"VpcConfigurations", "VpcConfigurationUpdates", false, true, true},
};

bool IsEmptyList(const json::value& value) { return value.is_array() && value.as_array().empty(); }

Answer<Done> CheckMembers(const json::object& configuration, const std::string& runtime, bool is_update) {
  const RuntimeFamily family = FamilyOf(runtime);
  for (const MemberRule& rule : kRules) {
    const std::string_view member = is_update ? rule.update : rule.member;
    const json::value* given = configuration.if_contains(member);
    const bool allowed = family == RuntimeFamily::kSql     ? rule.sql
                         : family == RuntimeFamily::kFlink ? rule.flink
                                                           : rule.zeppelin;
    // Tools that know one form of request only send empty lists for what is not there.
    if (given == nullptr || allowed || IsEmptyList(*given)) continue;
    return ApiError::InvalidArgument(
        fmt::format("{} is not supported for applications with RuntimeEnvironment {}", member, runtime));
  }
  return Done{};
}

/// PropertyGroups as EnvironmentPropertyDescriptions; no groups, no descriptions.
Answer<Done> DescribeProperties(const json::array& groups, json::object* out) {
  std::set<std::string> seen;
  for (const json::value& group : groups) {
    std::string id = TextAt(group.as_object(), "PropertyGroupId");
    if (!seen.insert(id).second) {
      return ApiError::InvalidArgument(
          fmt::format("PropertyGroupId {} occurs twice; each group may be given once", id));
    }
  }
  if (groups.empty()) {
    out->erase("EnvironmentPropertyDescriptions");
  } else {
    (*out)["EnvironmentPropertyDescriptions"] = {{"PropertyGroupDescriptions", groups}};
  }
  return Done{};
}

/// The members of `changes` without `suffix`, set in `target`.
void Merge(const json::object& changes, std::string_view suffix, json::object* target) {
  for (const auto& change : changes) {
    std::string_view key = change.key();
    if (key.ends_with(suffix)) key.remove_suffix(suffix.size());
    (*target)[key] = change.value();
  }
}

Answer<Done> DescribeEncryption(const json::object& given, std::string_view suffix, json::object* out) {
  json::object described;
  Merge(given, suffix, &described);
  const bool own_key = TextAt(described, "KeyType") == "CUSTOMER_MANAGED_KEY";
  if (own_key != described.contains("KeyId")) {
    return ApiError::InvalidArgument(own_key ? "KeyId must be given when KeyType is CUSTOMER_MANAGED_KEY"
                                             : "KeyId must not be given when KeyType is AWS_OWNED_KEY");
  }
  // To say yes would promise an encryption that is not there.
  if (own_key) {
    return ApiError::Unsupported(
        "Encryption with a CUSTOMER_MANAGED_KEY is not supported yet: this service keeps code, state and snapshots as "
        "plain files of its data folder and asks no key service. Use AWS_OWNED_KEY, and keep the data folder on a "
        "volume "
        "that is encrypted with your key");
  }
  (*out)["ApplicationEncryptionConfigurationDescription"] = std::move(described);
  return Done{};
}

Answer<Done> DescribeVpcs(const json::array& vpcs, json::object* out) {
  for (const json::value& vpc : vpcs) {
    json::array& all = ArrayIn(*out, "VpcConfigurationDescriptions");
    SLUICE_ASSIGN_OR_RETURN(json::object described, DescribeVpc(vpc.as_object(), NextId(all, "VpcConfigurationId", 1)));
    all.push_back(std::move(described));
  }
  return Done{};
}

/// What Flink applications and notebooks have in common.
Answer<json::object> DescribeFlinkFamily(const json::object& configuration, bool notebook, const Quotas& quotas) {
  json::object out;
  if (const auto* environment = ObjectAt(configuration, "EnvironmentProperties")) {
    SLUICE_RETURN_IF_ERROR(DescribeProperties(*ArrayAt(*environment, "PropertyGroups"), &out));
  }
  const json::object* flink = ObjectAt(configuration, "FlinkApplicationConfiguration");
  SLUICE_ASSIGN_OR_RETURN(json::object flink_description,
                          DescribeFlink(flink == nullptr ? json::object() : *flink, quotas));
  out["FlinkApplicationConfigurationDescription"] = std::move(flink_description);
  const auto* snapshots = ObjectAt(configuration, "ApplicationSnapshotConfiguration");
  out["ApplicationSnapshotConfigurationDescription"] =
      snapshots != nullptr ? *snapshots : json::object{{"SnapshotsEnabled", !notebook}};
  if (!notebook) {
    const auto* rollback = ObjectAt(configuration, "ApplicationSystemRollbackConfiguration");
    out["ApplicationSystemRollbackConfigurationDescription"] =
        rollback != nullptr ? *rollback : json::object{{"RollbackEnabled", false}};
  }
  const auto* encryption = ObjectAt(configuration, "ApplicationEncryptionConfiguration");
  SLUICE_RETURN_IF_ERROR(
      DescribeEncryption(encryption != nullptr ? *encryption : json::object{{"KeyType", "AWS_OWNED_KEY"}}, "", &out));
  if (const auto* vpcs = ArrayAt(configuration, "VpcConfigurations")) {
    SLUICE_RETURN_IF_ERROR(DescribeVpcs(*vpcs, &out));
  }
  return out;
}

}  // namespace

Answer<json::object> DescribeConfiguration(const json::object& configuration, const std::string& runtime,
                                           const Quotas& quotas) {
  SLUICE_RETURN_IF_ERROR(CheckMembers(configuration, runtime, false));
  const RuntimeFamily family = FamilyOf(runtime);
  if (family == RuntimeFamily::kSql) {
    json::object out;
    if (const auto* sql = ObjectAt(configuration, "SqlApplicationConfiguration")) {
      SLUICE_ASSIGN_OR_RETURN(json::object described, DescribeSql(*sql, 1, quotas));
      out["SqlApplicationConfigurationDescription"] = std::move(described);
    }
    return out;
  }
  const bool notebook = family == RuntimeFamily::kZeppelin;
  SLUICE_ASSIGN_OR_RETURN(json::object out, DescribeFlinkFamily(configuration, notebook, quotas));
  if (notebook) {
    const auto* zeppelin = ObjectAt(configuration, "ZeppelinApplicationConfiguration");
    SLUICE_ASSIGN_OR_RETURN(json::object described, DescribeZeppelin(zeppelin == nullptr ? json::object() : *zeppelin));
    out["ZeppelinApplicationConfigurationDescription"] = std::move(described);
  }
  return out;
}

Answer<ConfigurationChange> UpdateConfiguration(const json::object& description, const json::object& update,
                                                const std::string& runtime, const Quotas& quotas) {
  SLUICE_RETURN_IF_ERROR(CheckMembers(update, runtime, true));
  ConfigurationChange change{description, false};
  json::object& out = change.description;
  if (const auto* sql = ObjectAt(update, "SqlApplicationConfigurationUpdate"); sql != nullptr && !sql->empty()) {
    const auto* before = ObjectAt(out, "SqlApplicationConfigurationDescription");
    json::object described = before == nullptr ? json::object() : *before;
    SLUICE_RETURN_IF_ERROR(UpdateSql(*sql, &described));
    if (before != nullptr) out["SqlApplicationConfigurationDescription"] = std::move(described);
  }
  if (const auto* environment = ObjectAt(update, "EnvironmentPropertyUpdates")) {
    SLUICE_RETURN_IF_ERROR(DescribeProperties(*ArrayAt(*environment, "PropertyGroups"), &out));
    change.needs_restart = true;
  }
  if (const auto* flink = ObjectAt(update, "FlinkApplicationConfigurationUpdate")) {
    SLUICE_ASSIGN_OR_RETURN(bool restart,
                            UpdateFlink(*flink, quotas, ObjectAt(out, "FlinkApplicationConfigurationDescription")));
    change.needs_restart = change.needs_restart || restart;
  }
  if (const auto* zeppelin = ObjectAt(update, "ZeppelinApplicationConfigurationUpdate")) {
    SLUICE_RETURN_IF_ERROR(UpdateZeppelin(*zeppelin, ObjectAt(out, "ZeppelinApplicationConfigurationDescription")));
  }
  if (const auto* snapshots = ObjectAt(update, "ApplicationSnapshotConfigurationUpdate")) {
    Merge(*snapshots, "Update", ObjectAt(out, "ApplicationSnapshotConfigurationDescription"));
  }
  if (const auto* rollback = ObjectAt(update, "ApplicationSystemRollbackConfigurationUpdate")) {
    Merge(*rollback, "Update", ObjectAt(out, "ApplicationSystemRollbackConfigurationDescription"));
  }
  if (const auto* encryption = ObjectAt(update, "ApplicationEncryptionConfigurationUpdate")) {
    SLUICE_RETURN_IF_ERROR(DescribeEncryption(*encryption, "Update", &out));
  }
  if (const auto* vpcs = ArrayAt(update, "VpcConfigurationUpdates"); vpcs != nullptr && !vpcs->empty()) {
    json::array described = ArrayIn(out, "VpcConfigurationDescriptions");
    SLUICE_RETURN_IF_ERROR(UpdateVpcs(*vpcs, &described));
    out["VpcConfigurationDescriptions"] = std::move(described);
  }
  return change;
}

}  // namespace sluice::service
