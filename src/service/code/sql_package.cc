#include "service/code/sql_package.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace sluice::service {
namespace {

constexpr uint64_t kMaxSqlBytes = 16 * 1024 * 1024;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

Error Unusable(const std::string& name, std::string_view why) {
  return Error(ErrorCode::kValidation, fmt::format("the code package {} cannot be used: {}", name, why));
}

Result<std::unique_ptr<zip_t, Discard>> OpenZip(std::string_view bytes, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr && source != nullptr) zip_source_free(source);
  std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (archive == nullptr) return Unusable(name, "it is not a sound zip file: " + why);
  return std::unique_ptr<zip_t, Discard>(archive);
}

std::string_view BaseName(std::string_view path) {
  size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Files that macOS and editors add must not count as a second .sql file.
bool IsSqlFile(std::string_view path) {
  return path.ends_with(".sql") && !path.starts_with("__MACOSX/") && !BaseName(path).starts_with('.');
}

std::string Choose(std::vector<std::string> names) {
  if (names.size() == 1) return names[0];
  auto depth = [](const std::string& name) { return std::count(name.begin(), name.end(), '/'); };
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return depth(a) < depth(b); });
  for (std::string_view wanted : {"main.sql", "application.sql"}) {
    for (const std::string& name : names) {
      if (BaseName(name) == wanted) return name;
    }
  }
  return "";
}

Result<std::string> ReadEntry(zip_t* archive, const std::string& entry, const std::string& name) {
  std::unique_ptr<zip_file_t, Discard> file(zip_fopen(archive, entry.c_str(), 0));
  if (!file) return Unusable(name, fmt::format("{} in it cannot be read: {}", entry, zip_strerror(archive)));
  std::string out;
  char buffer[64 * 1024];
  while (true) {
    zip_int64_t n = zip_fread(file.get(), buffer, sizeof(buffer));
    if (n < 0) return Unusable(name, fmt::format("{} in it is damaged: {}", entry, zip_file_strerror(file.get())));
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > kMaxSqlBytes) {
      return Error(ErrorCode::kResourceExhausted, fmt::format("the SQL in {} is larger than 16 MiB", name));
    }
  }
}

Result<std::string> CheckText(std::string text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.find('\0') != std::string::npos) return Unusable(name, "it is neither a zip file nor SQL text");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return Unusable(name, "it is empty");
  return text;
}

/// "lib/flink-sql-connector-kinesis_2.12-1.13.2.jar" → "1.13.2".
std::optional<std::string> VersionInName(std::string_view path) {
  std::string_view file = BaseName(path);
  if (!file.ends_with(".jar")) return std::nullopt;
  if (!file.starts_with("flink-connector-kinesis") && !file.starts_with("flink-sql-connector-kinesis")) {
    return std::nullopt;
  }
  const size_t at = file.find('-', file.find("kinesis"));
  if (at == std::string_view::npos) return std::nullopt;
  return std::string(file.substr(at + 1, file.size() - at - 1 - 4));
}

/// The value of "version=" in a pom.properties file.
std::optional<std::string> VersionInProperties(std::string_view text) {
  size_t at = text.starts_with("version=") ? 0 : text.find("\nversion=");
  if (at == std::string_view::npos) return std::nullopt;
  at = text.find('=', at) + 1;
  std::string_view value = text.substr(at, text.find_first_of("\r\n", at) - at);
  return std::string(value);
}

}  // namespace

std::optional<std::string> KinesisConnectorVersion(std::string_view package) {
  if (!LooksLikeZip(package)) return std::nullopt;
  auto archive = OpenZip(package, "");
  if (!archive.ok()) return std::nullopt;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive->get(), 0); ++i) {
    const char* raw = zip_get_name(archive->get(), static_cast<zip_uint64_t>(i), 0);
    const std::string entry = raw == nullptr ? "" : raw;
    if (auto version = VersionInName(entry)) return version;
    if (!entry.starts_with("META-INF/maven/org.apache.flink/flink-connector-kinesis") ||
        !entry.ends_with("/pom.properties")) {
      continue;
    }
    auto text = ReadEntry(archive->get(), entry, "");
    if (text.ok()) return VersionInProperties(*text);
  }
  return std::nullopt;
}

bool LooksLikeZip(std::string_view bytes) { return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"); }

PackageKind KindOfPackage(std::string_view package) {
  if (!LooksLikeZip(package)) return PackageKind::kSql;
  auto archive = OpenZip(package, "");
  if (!archive.ok()) return PackageKind::kSql;
  bool sql = false;
  bool python = false;
  bool jar = false;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive->get(), 0); ++i) {
    const char* raw = zip_get_name(archive->get(), static_cast<zip_uint64_t>(i), 0);
    const std::string entry = raw == nullptr ? "" : raw;
    sql = sql || IsSqlFile(entry);
    jar = jar || entry == "META-INF/MANIFEST.MF" || entry.ends_with(".class");
    python = python || entry.ends_with(".py");
  }
  if (jar) return PackageKind::kJar;
  return python && !sql ? PackageKind::kPython : PackageKind::kSql;
}

Result<std::string> ExtractSql(std::string_view package, const std::string& name) {
  if (!LooksLikeZip(package)) {
    if (package.size() > kMaxSqlBytes) {
      return Error(ErrorCode::kResourceExhausted, fmt::format("the SQL in {} is larger than 16 MiB", name));
    }
    return CheckText(std::string(package), name);
  }
  SLUICE_ASSIGN_OR_RETURN(auto archive, OpenZip(package, name));
  std::vector<std::string> sql_files;
  bool jar = false;
  bool python = false;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char* raw = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    std::string entry = raw == nullptr ? "" : raw;
    if (IsSqlFile(entry)) sql_files.push_back(entry);
    jar = jar || entry == "META-INF/MANIFEST.MF" || entry.ends_with(".class");
    python = python || entry.ends_with(".py");
  }
  if (jar || (sql_files.empty() && python)) {
    return Error(
        ErrorCode::kNotSupported,
        fmt::format("{} is a {} application; only SQL packages (a .sql file, or a zip with one) are supported yet",
                    name, jar ? "Java" : "Python"));
  }
  if (sql_files.empty()) return Unusable(name, "there is no file in it whose name ends in .sql");
  std::string chosen = Choose(sql_files);
  if (chosen.empty()) {
    return Unusable(
        name, fmt::format("it has several .sql files ({}); name the one to run main.sql", fmt::join(sql_files, ", ")));
  }
  SLUICE_ASSIGN_OR_RETURN(std::string text, ReadEntry(archive.get(), chosen, name));
  return CheckText(std::move(text), name + "/" + chosen);
}

}  // namespace sluice::service
