#include "service/runner/flink_kubernetes.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

namespace sluice::service {
namespace {

namespace json = boost::json;

JobSpec Spec() {
  JobSpec spec;
  spec.name = "My_App.1";
  spec.arn = "arn:x";
  spec.runtime = "FLINK-1_19";
  spec.program = ProgramKind::kJar;
  spec.parallelism = 9;
  spec.parallelism_per_kpu = 2;
  spec.entry_class = "a.B";
  spec.program_args = {"--x", "1"};
  spec.configuration = {{"execution.checkpointing.interval", "1000 ms"}};
  spec.application_properties = R"([{"PropertyGroupId":"g","PropertyMap":{}}])";
  return spec;
}

KubernetesOptions Options() {
  KubernetesOptions options;
  options.jar_uri = "s3://code/a.jar";
  options.state_uri = "s3://state/a";
  return options;
}

/// What the operator's FlinkDeployment (v1beta1) allows: member → kind of JSON value. From the schema of its CRD.
const std::map<std::string, json::kind> kSpec = {{"image", json::kind::string},
                                                 {"flinkVersion", json::kind::string},
                                                 {"mode", json::kind::string},
                                                 {"serviceAccount", json::kind::string},
                                                 {"flinkConfiguration", json::kind::object},
                                                 {"podTemplate", json::kind::object},
                                                 {"jobManager", json::kind::object},
                                                 {"taskManager", json::kind::object},
                                                 {"job", json::kind::object},
                                                 {"imagePullPolicy", json::kind::string},
                                                 {"ingress", json::kind::object},
                                                 {"logConfiguration", json::kind::object},
                                                 {"restartNonce", json::kind::int64}};
const std::map<std::string, json::kind> kJob = {{"jarURI", json::kind::string},
                                                {"entryClass", json::kind::string},
                                                {"args", json::kind::array},
                                                {"parallelism", json::kind::int64},
                                                {"upgradeMode", json::kind::string},
                                                {"state", json::kind::string},
                                                {"initialSavepointPath", json::kind::string},
                                                {"allowNonRestoredState", json::kind::bool_}};

void ExpectSchema(const json::object& object, const std::map<std::string, json::kind>& schema) {
  for (const auto& member : object) {
    auto known = schema.find(std::string(member.key()));
    ASSERT_NE(known, schema.end()) << member.key();
    EXPECT_EQ(member.value().kind(), known->second) << member.key();
  }
}

TEST(FlinkKubernetesTest, TheDeploymentFitsTheOperatorsSchema) {
  auto text = KubernetesManifest(Spec(), Options());
  ASSERT_TRUE(text.ok()) << text.error().message();
  const json::value list = json::parse(*text);
  const json::array& items = list.at("items").as_array();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].at("kind"), "ConfigMap");
  EXPECT_EQ(items[0].at("data").at("application_properties.json"), Spec().application_properties.c_str());
  EXPECT_EQ(items[1].at("apiVersion"), "flink.apache.org/v1beta1");
  const json::object& spec = items[1].at("spec").as_object();
  ExpectSchema(spec, kSpec);
  ExpectSchema(spec.at("job").as_object(), kJob);
  EXPECT_EQ(spec.at("flinkVersion"), "v1_19");
  EXPECT_EQ(spec.at("job").at("parallelism"), 9);
  EXPECT_EQ(spec.at("job").at("upgradeMode"), "savepoint");
  // 5 KPUs on at most 4 TaskManagers: two KPUs each.
  EXPECT_EQ(spec.at("taskManager").at("resource").at("memory"), "8192m");
  EXPECT_EQ(spec.at("flinkConfiguration").at("taskmanager.numberOfTaskSlots"), "4");
  EXPECT_EQ(spec.at("flinkConfiguration").at("state.checkpoints.dir"), "s3://state/a/checkpoints");
}

TEST(FlinkKubernetesTest, NamesFitKubernetes) {
  EXPECT_EQ(KubernetesName("orders-1"), "orders-1");
  EXPECT_NE(KubernetesName("Orders"), KubernetesName("orders"));
  for (const std::string& name :
       {std::string("My_App.1"), std::string("1"), std::string(128, 'x'), std::string("a-")}) {
    const std::string out = KubernetesName(name);
    EXPECT_LE(out.size(), 45u);
    EXPECT_EQ(out.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << out;
    EXPECT_TRUE(std::isalpha(static_cast<unsigned char>(out[0])) != 0 && !out.ends_with('-')) << out;
  }
}

TEST(FlinkKubernetesTest, WhatIsMissingIsSaid) {
  EXPECT_EQ(KubernetesManifest(Spec(), {}).error().code(), ErrorCode::kInvalidArgument);
  JobSpec sql = Spec();
  sql.program = ProgramKind::kSql;
  EXPECT_EQ(KubernetesManifest(sql, Options()).error().code(), ErrorCode::kNotSupported);
}

}  // namespace
}  // namespace sluice::service
