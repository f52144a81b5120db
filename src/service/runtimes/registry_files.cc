#include "service/runtimes/registry_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/files.h"
#include "net/digest.h"
#include "service/runtimes/child_program.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kIndexVariable = "SLUICE_PYTHON_INDEX";
constexpr const char* kRepositoryVariable = "SLUICE_MAVEN_REPOSITORY";

std::string Trimmed(std::string text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

int64_t SizeOf(const std::string& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  return ec ? 0 : static_cast<int64_t>(size);
}

std::string WithoutSlashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// What `href` means on the page at `base`.
std::string Resolve(std::string_view base, std::string href) {
  href = href.substr(0, href.find('#'));
  if (href.find("://") != std::string::npos) return href;
  const size_t host = base.find("://") == std::string_view::npos ? 0 : base.find("://") + 3;
  if (href.starts_with('/')) {
    const size_t path = base.find('/', host);
    return std::string(base.substr(0, path)) + href;
  }
  std::string folder(base.substr(0, base.rfind('/') + 1));
  while (href.starts_with("../")) {
    href.erase(0, 3);
    folder.pop_back();
    folder.erase(folder.rfind('/') + 1);
  }
  return folder + href;
}

std::string FindInJson(const json::value& page, std::string_view page_url, std::string_view file) {
  const json::value* files = page.is_object() ? page.as_object().if_contains("files") : nullptr;
  if (files == nullptr || !files->is_array()) return "";
  for (const json::value& entry : files->as_array()) {
    if (!entry.is_object()) continue;
    const json::value* name = entry.as_object().if_contains("filename");
    const json::value* url = entry.as_object().if_contains("url");
    if (name != nullptr && name->is_string() && name->as_string() == file && url != nullptr && url->is_string()) {
      return Resolve(page_url, std::string(url->as_string()));
    }
  }
  return "";
}

/// The text between <tag> and </tag> from `at` on, which is moved behind it; empty if there is none.
std::string Element(std::string_view xml, std::string_view tag, size_t* at) {
  const std::string open = fmt::format("<{}>", tag);
  const std::string close = fmt::format("</{}>", tag);
  const size_t begin = xml.find(open, *at);
  const size_t end = begin == std::string_view::npos ? begin : xml.find(close, begin);
  *at = end == std::string_view::npos ? xml.size() : end + close.size();
  if (end == std::string_view::npos) return "";
  return std::string(xml.substr(begin + open.size(), end - begin - open.size()));
}

std::string WithoutComments(std::string_view xml) {
  std::string out;
  while (true) {
    const size_t begin = xml.find("<!--");
    out += xml.substr(0, begin);
    const size_t end = begin == std::string_view::npos ? begin : xml.find("-->", begin);
    if (end == std::string_view::npos) return out;
    xml.remove_prefix(end + 3);
  }
}

}  // namespace

std::string FindInIndexPage(std::string_view page, std::string_view page_url, std::string_view file) {
  boost::system::error_code ec;
  const json::value value = json::parse(page, ec);
  if (!ec) return FindInJson(value, page_url, file);
  for (size_t at = page.find("href="); at != std::string_view::npos; at = page.find("href=", at + 1)) {
    const size_t begin = at + 6;
    if (begin >= page.size()) return "";
    const size_t end = page.find(page[begin - 1], begin);
    if (end == std::string_view::npos) return "";
    const std::string href(page.substr(begin, end - begin));
    const std::string path = href.substr(0, href.find('#'));
    if (path.substr(path.rfind('/') + 1) == file) return Resolve(page_url, href);
  }
  return "";
}

std::string FindMavenMirror(std::string_view settings) {
  const std::string text = WithoutComments(settings);
  for (size_t at = 0; at < text.size();) {
    const std::string mirror = Element(text, "mirror", &at);
    size_t of_at = 0;
    size_t url_at = 0;
    const std::string of = Trimmed(Element(mirror, "mirrorOf", &of_at));
    const std::string url = Trimmed(Element(mirror, "url", &url_at));
    const bool central = of == "*" || of == "central" || of.starts_with("*,") || of.starts_with("external:*");
    if (central && of.find("!central") == std::string::npos && url.starts_with("http")) return url;
  }
  return "";
}

Result<std::string> FileSha256(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::kIo, "cannot read " + path);
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::vector<char> buffer(256 * 1024);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<size_t>(file.gcount()));
  }
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), out, &length);
  return net::Hex(std::string_view(reinterpret_cast<char*>(out), length));
}

Result<std::string> RegistryFiles::PythonIndex() {
  for (const char* variable : {kIndexVariable, "PIP_INDEX_URL"}) {
    if (const std::string url = environment_(variable); !url.empty()) return WithoutSlashes(url);
  }
  auto configured = RunProgram({"python3", "-m", "pip", "config", "get", "global.index-url"});
  if (configured.ok() && configured->status == 0 && !Trimmed(configured->output).empty()) {
    return WithoutSlashes(Trimmed(configured->output));
  }
  // Nothing is configured: the index that pip itself would ask.
  auto own = RunProgram({"python3", "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"});
  if (own.ok() && own->status == 0 && Trimmed(own->output).starts_with("http")) {
    return WithoutSlashes(Trimmed(own->output));
  }
  return Error(
      ErrorCode::kNotFound,
      fmt::format("there is no Python package index to fetch Apache Flink from: neither {} nor PIP_INDEX_URL is "
                  "set, and pip is not there to name one. Set {} to the address of an index (…/simple)",
                  kIndexVariable, kIndexVariable));
}

std::string RegistryFiles::MavenRepository() {
  if (const std::string url = environment_(kRepositoryVariable); !url.empty()) return WithoutSlashes(url);
  const std::string home = environment_("HOME");
  for (const std::string& path : {home + "/.m2/settings.xml", environment_("MAVEN_HOME") + "/conf/settings.xml",
                                  std::string("/etc/maven/settings.xml")}) {
    auto text = ReadFile(path);
    if (!text.ok()) continue;
    if (const std::string url = FindMavenMirror(*text); !url.empty()) return WithoutSlashes(url);
  }
  return "";
}

Result<std::string> RegistryFiles::PythonFileUrl(std::string_view project, std::string_view file) {
  SLUICE_ASSIGN_OR_RETURN(const std::string index, PythonIndex());
  const std::string page_url = fmt::format("{}/{}/", index, project);
  const auto go_on = [&] { return !progress_ || progress_(file, 0, 0); };
  SLUICE_ASSIGN_OR_RETURN(ProgramEnd page,
                          RunProgram({"curl", "-fsSL", "--retry", "3", "--connect-timeout", "20", "-H",
                                      "Accept: application/vnd.pypi.simple.v1+json, text/html;q=0.2", page_url},
                                     {.folder = "", .environment = {}, .tick = go_on}));
  const std::string other = fmt::format("; {} names another index", kIndexVariable);
  if (page.status != 0) {
    return Error(ErrorCode::kIo, fmt::format("{} cannot be read: {}{}", page_url, Trimmed(page.errors), other));
  }
  std::string url = FindInIndexPage(page.output, page_url, file);
  if (!url.empty()) return url;
  return Error(ErrorCode::kNotFound, fmt::format("there is no {} at {}{}", file, page_url, other));
}

Status RegistryFiles::Download(const std::string& url, const std::string& path, std::string_view name, int64_t bytes) {
  const std::string part = path + ".part";
  const auto go_on = [&] { return !progress_ || progress_(name, SizeOf(part), bytes); };
  SLUICE_ASSIGN_OR_RETURN(ProgramEnd end,
                          RunProgram({"curl", "-fsSL", "--retry", "5", "--connect-timeout", "20", "--speed-limit", "1",
                                      "--speed-time", "60", "-C", "-", "-o", part, url},
                                     {.folder = "", .environment = {}, .tick = go_on}));
  // A file that was there to its last byte makes the server refuse the rest (416, curl's 22 or 33).
  if (end.status != 0 && SizeOf(part) != bytes) {
    return Error(ErrorCode::kIo, fmt::format("{} cannot be fetched (what came is kept; try again to go on): {}", url,
                                             Trimmed(end.errors)));
  }
  std::error_code ec;
  fs::rename(part, path, ec);
  if (ec) return Error(ErrorCode::kIo, fmt::format("cannot rename {}: {}", part, ec.message()));
  return {};
}

Status RegistryFiles::CopyWithMaven(const MavenFile& file, const std::string& path) {
  const auto go_on = [&] { return !progress_ || progress_(file.FileName(), 0, file.bytes); };
  auto end = RunProgram({"mvn", "-q", "-B", "dependency:copy", "-Dartifact=" + file.Coordinates() + ":jar",
                         "-DoutputDirectory=" + folder_, "-Dmdep.useBaseVersion=true"},
                        {.folder = folder_, .environment = {}, .tick = go_on});
  const std::string advice =
      fmt::format("; set {} to the address of a Maven repository to fetch it without Maven", kRepositoryVariable);
  if (!end.ok() && end.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is needed, but no Maven repository is configured and there is no mvn{}",
                             file.Coordinates(), advice));
  }
  if (!end.ok()) return end.error();
  if (end->status == 0 && SizeOf(path) > 0) return {};
  return Error(ErrorCode::kIo, fmt::format("mvn cannot fetch {}: {}{}", file.Coordinates(),
                                           Trimmed(end->output.substr(0, 600)), advice));
}

Status RegistryFiles::Check(const std::string& path, std::string_view sha256) {
  SLUICE_ASSIGN_OR_RETURN(const std::string found, FileSha256(path));
  if (found == sha256) return {};
  (void)RemoveTree(path);
  return Error(ErrorCode::kCorrupt, fmt::format("{} has the SHA-256 {} where {} is expected; it was removed. If the "
                                                "registry is a mirror of yours, compare its file with the original",
                                                path, found, sha256));
}

Result<std::string> RegistryFiles::FetchPython(std::string_view project, const PinnedFile& file) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder_));
  const std::string path = folder_ + "/" + std::string(file.name);
  if (SizeOf(path) != file.bytes) {
    SLUICE_ASSIGN_OR_RETURN(const std::string url, PythonFileUrl(project, file.name));
    SLUICE_RETURN_IF_ERROR(Download(url, path, file.name, file.bytes));
  }
  SLUICE_RETURN_IF_ERROR(Check(path, file.sha256));
  return path;
}

Result<std::string> RegistryFiles::FetchMaven(const MavenFile& file) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder_));
  const std::string path = folder_ + "/" + file.FileName();
  if (SizeOf(path) != file.bytes) {
    const std::string repository = MavenRepository();
    SLUICE_RETURN_IF_ERROR(repository.empty()
                               ? CopyWithMaven(file, path)
                               : Download(repository + "/" + file.Path(), path, file.FileName(), file.bytes));
  }
  SLUICE_RETURN_IF_ERROR(Check(path, file.sha256));
  return path;
}

}  // namespace sluice::service
