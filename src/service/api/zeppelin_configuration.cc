#include "service/api/zeppelin_configuration.h"

#include "service/model/json_access.h"

namespace sluice::service {
namespace {

Answer<json::array> DescribeArtifacts(const json::array& artifacts) {
  json::array out;
  for (const json::value& entry : artifacts) {
    const json::object& artifact = entry.as_object();
    const auto* s3 = ObjectAt(artifact, "S3ContentLocation");
    const auto* maven = ObjectAt(artifact, "MavenReference");
    const std::string type = TextAt(artifact, "ArtifactType");
    if ((s3 == nullptr) == (maven == nullptr)) {
      return ApiError::InvalidArgument(
          "Each of CustomArtifactsConfiguration must have exactly one of S3ContentLocation and MavenReference");
    }
    if (type == "UDF" && s3 == nullptr) {
      return ApiError::InvalidArgument("A custom artifact of the type UDF must have an S3ContentLocation");
    }
    json::object described{{"ArtifactType", type}};
    if (s3 != nullptr) described["S3ContentLocationDescription"] = *s3;
    if (maven != nullptr) described["MavenReferenceDescription"] = *maven;
    out.push_back(std::move(described));
  }
  return out;
}

}  // namespace

Answer<json::object> DescribeZeppelin(const json::object& zeppelin) {
  json::object out{{"MonitoringConfigurationDescription", {{"LogLevel", "INFO"}}}};
  if (const auto* monitoring = ObjectAt(zeppelin, "MonitoringConfiguration")) {
    out["MonitoringConfigurationDescription"] = *monitoring;
  }
  if (const auto* catalog = ObjectAt(zeppelin, "CatalogConfiguration")) {
    out["CatalogConfigurationDescription"] = {
        {"GlueDataCatalogConfigurationDescription", *ObjectAt(*catalog, "GlueDataCatalogConfiguration")}};
  }
  if (const auto* deploy = ObjectAt(zeppelin, "DeployAsApplicationConfiguration")) {
    out["DeployAsApplicationConfigurationDescription"] = {
        {"S3ContentLocationDescription", *ObjectAt(*deploy, "S3ContentLocation")}};
  }
  if (const auto* artifacts = ArrayAt(zeppelin, "CustomArtifactsConfiguration")) {
    SLUICE_ASSIGN_OR_RETURN(json::array described, DescribeArtifacts(*artifacts));
    out["CustomArtifactsConfigurationDescription"] = std::move(described);
  }
  return out;
}

Answer<Done> UpdateZeppelin(const json::object& update, json::object* zeppelin) {
  if (const auto* monitoring = ObjectAt(update, "MonitoringConfigurationUpdate")) {
    (*zeppelin)["MonitoringConfigurationDescription"] = {{"LogLevel", TextAt(*monitoring, "LogLevelUpdate")}};
  }
  if (const auto* catalog = ObjectAt(update, "CatalogConfigurationUpdate")) {
    const auto& glue = *ObjectAt(*catalog, "GlueDataCatalogConfigurationUpdate");
    (*zeppelin)["CatalogConfigurationDescription"] = {
        {"GlueDataCatalogConfigurationDescription", {{"DatabaseARN", TextAt(glue, "DatabaseARNUpdate")}}}};
  }
  if (const auto* deploy = ObjectAt(update, "DeployAsApplicationConfigurationUpdate")) {
    json::object location;
    if (const auto* described = ObjectAt(*zeppelin, "DeployAsApplicationConfigurationDescription")) {
      location = *ObjectAt(*described, "S3ContentLocationDescription");
    }
    if (const auto* given = ObjectAt(*deploy, "S3ContentLocationUpdate")) {
      if (const auto* bucket = given->if_contains("BucketARNUpdate")) location["BucketARN"] = *bucket;
      if (const auto* path = given->if_contains("BasePathUpdate")) location["BasePath"] = *path;
    }
    if (!location.contains("BucketARN")) {
      return ApiError::InvalidArgument("DeployAsApplicationConfigurationUpdate needs BucketARNUpdate");
    }
    (*zeppelin)["DeployAsApplicationConfigurationDescription"] = {{"S3ContentLocationDescription", location}};
  }
  if (const auto* artifacts = ArrayAt(update, "CustomArtifactsConfigurationUpdate")) {
    SLUICE_ASSIGN_OR_RETURN(json::array described, DescribeArtifacts(*artifacts));
    (*zeppelin)["CustomArtifactsConfigurationDescription"] = std::move(described);
  }
  return Done{};
}

}  // namespace sluice::service
