#include "service/api/application_code.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "base/files.h"
#include "base/ids.h"
#include "net/digest.h"
#include "service/api/runtime_family.h"
#include "service/code/sql_package.h"
#include "service/model/json_access.h"
#include "service/model/validate.h"
#include "service/runtimes/flink_distribution.h"

namespace sluice::service {
namespace {

struct Package {
  std::string bytes;
  std::string name;
};

Answer<Package> ReadPackage(ServiceContext& context, const std::string& application, const CodeRequest& code) {
  const int places = !code.s3.empty() + code.text.has_value() + code.zip.has_value();
  if (places != 1) {
    return ApiError::InvalidArgument(
        "CodeContent must have exactly one of S3ContentLocation, TextContent and ZipFileContent");
  }
  if (code.text) return Package{*code.text, application + ".sql"};
  if (code.zip) return Package{Base64Decode(*code.zip).value_or(""), application + ".zip"};
  const std::string bucket_arn = TextAt(code.s3, "BucketARN");
  const std::string key = TextAt(code.s3, "FileKey");
  auto bytes = context.code.Fetch(bucket_arn, key, TextAt(code.s3, "ObjectVersion"));
  if (!bytes.ok()) {
    return ApiError::InvalidArgument(fmt::format(
        "Please check the role provided or validity of S3 location you provided. We are unable to get the specified "
        "fileKey: {} in the specified bucket: {} ({})",
        key, bucket_arn, bytes.error().message()));
  }
  return Package{std::move(*bytes), key.substr(key.find_last_of('/') + 1)};
}

ApiError CodeProblem(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kResourceExhausted: return ApiError::InvalidArgument(error.message());
    default: return ApiError::CodeValidation(error.message());
  }
}

/// What is kept of a package.
struct Program {
  std::string bytes;
  std::string extension;  // of the file that it is kept in; says what it is
  std::string why_not_runnable;
};

/// Whether the dotted number `version` comes before `least`.
bool IsOlder(const std::string& version, std::array<int, 3> least) {
  std::array<int, 3> found{};
  if (std::sscanf(version.c_str(), "%d.%d.%d", &found[0], &found[1], &found[2]) < 2) return false;
  return found < least;
}

Answer<Program> FindProgram(const Package& package, const std::string& runtime) {
  const auto kinesis = runtime == "FLINK-1_15" ? KinesisConnectorVersion(package.bytes) : std::nullopt;
  if (kinesis && IsOlder(*kinesis, {1, 15, 2})) {
    return ApiError::InvalidArgument(
        "An unsupported Kinesis connector version has been detected in the application. Please update "
        "flink-connector-kinesis to any version equal to or newer than 1.15.2.\nFor more information refer to "
        "connector fix: https://issues.apache.org/jira/browse/FLINK-23528");
  }
  if (FamilyOf(runtime) == RuntimeFamily::kSql) {
    return Program{package.bytes, kSqlFile,
                   "SQL-1_0 applications cannot be run yet; use a FLINK runtime and Flink SQL"};
  }
  const PackageKind kind = KindOfPackage(package.bytes);
  if (kind != PackageKind::kSql) {
    const bool flink = FindFlinkDistribution(runtime) != nullptr;
    return Program{
        package.bytes, kind == PackageKind::kJar ? kJarFile : kPythonFile,
        flink
            ? ""
            : fmt::format("not supported yet: {} is a {} program, and there is no Apache Flink here for {}; "
                          "use one of {}",
                          package.name, kind == PackageKind::kJar ? "Java" : "Python", runtime, KnownFlinkRuntimes())};
  }
  auto sql = ExtractSql(package.bytes, package.name);
  if (sql.ok()) return Program{std::move(*sql), kSqlFile, ""};
  return CodeProblem(sql.error());
}

json::object DescribeCode(const CodeRequest& code, const std::string& bytes) {
  json::object content;
  if (code.text) {
    content["TextContent"] = *code.text;
  } else {
    content["CodeMD5"] = net::Hex(net::Md5(bytes));
    content["CodeSize"] = bytes.size();
  }
  if (!code.s3.empty()) content["S3ApplicationCodeLocationDescription"] = code.s3;
  return {{"CodeContentType", code.content_type}, {"CodeContentDescription", std::move(content)}};
}

void ReadContent(const json::object* content, CodeRequest* out) {
  if (content == nullptr) return;
  if (const auto* s3 = ObjectAt(*content, "S3ContentLocation")) out->s3 = *s3;
  if (content->contains("TextContent")) out->text = TextAt(*content, "TextContent");
  if (content->contains("ZipFileContent")) out->zip = TextAt(*content, "ZipFileContent");
}

}  // namespace

CodeRequest CodeFromConfiguration(const json::object& configuration) {
  CodeRequest out;
  out.content_type = TextAt(configuration, "CodeContentType");
  ReadContent(ObjectAt(configuration, "CodeContent"), &out);
  return out;
}

Answer<CodeRequest> CodeFromUpdate(const json::object& update, const json::object& current_description) {
  CodeRequest out;
  out.content_type = TextAt(update, "CodeContentTypeUpdate");
  if (out.content_type.empty()) out.content_type = TextAt(current_description, "CodeContentType");
  if (out.content_type.empty()) out.content_type = "ZIPFILE";
  const json::object* current = ObjectAt(current_description, "CodeContentDescription");
  const json::object* location =
      current == nullptr ? nullptr : ObjectAt(*current, "S3ApplicationCodeLocationDescription");
  const json::object* content = ObjectAt(update, "CodeContentUpdate");
  if (content == nullptr || content->empty()) {
    // Only the type changes: the code is read again from where it was.
    if (location != nullptr) out.s3 = *location;
    if (current != nullptr && current->contains("TextContent")) out.text = TextAt(*current, "TextContent");
  } else {
    if (content->contains("TextContentUpdate")) out.text = TextAt(*content, "TextContentUpdate");
    if (content->contains("ZipFileContentUpdate")) out.zip = TextAt(*content, "ZipFileContentUpdate");
    if (const auto* s3 = ObjectAt(*content, "S3ContentLocationUpdate")) {
      if (location != nullptr) out.s3 = *location;
      // A new key means a new object: the version of the old one does not carry over.
      if (s3->contains("FileKeyUpdate") || s3->contains("BucketARNUpdate")) out.s3.erase("ObjectVersion");
      for (const char* member : {"BucketARN", "FileKey", "ObjectVersion"}) {
        if (const auto* value = s3->if_contains(std::string(member) + "Update")) out.s3[member] = *value;
      }
      if (!out.s3.contains("BucketARN") || !out.s3.contains("FileKey")) {
        return ApiError::InvalidArgument("S3ContentLocationUpdate needs BucketARNUpdate and FileKeyUpdate");
      }
    }
  }
  return out;
}

Answer<Done> InstallCode(ServiceContext& context, const std::string& name, const CodeRequest& code,
                         VersionDocument* document) {
  SLUICE_ASSIGN_OR_RETURN(Package package, ReadPackage(context, name, code));
  SLUICE_ASSIGN_OR_RETURN(Program program, FindProgram(package, document->runtime));
  const std::string folder = CodeFolder(context.config, name);
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder));
  document->code_file = Id128::New(context.random).ToString() + program.extension;
  document->code_name = package.name;
  document->why_not_runnable = std::move(program.why_not_runnable);
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + document->code_file, program.bytes));
  document->configuration["ApplicationCodeConfigurationDescription"] = DescribeCode(code, package.bytes);
  return Done{};
}

}  // namespace sluice::service
