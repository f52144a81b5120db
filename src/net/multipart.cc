#include "net/multipart.h"

#include <optional>

#include "base/text.h"

namespace sluice::net {
namespace {

Error Broken(std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, "the multipart/form-data body is broken: " + std::string(why));
}

/// The value of `key` in `form-data; name="x"; filename="y"`; quoted strings may contain escaped quotes.
std::optional<std::string> Parameter(std::string_view header, std::string_view key) {
  size_t i = header.find(';');
  while (i != std::string_view::npos && i < header.size()) {
    size_t equals = header.find('=', ++i);
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view name = Trim(header.substr(i, equals - i));
    std::string value;
    i = equals + 1;
    if (i < header.size() && header[i] == '"') {
      for (++i; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size() && (header[i + 1] == '"' || header[i + 1] == '\\')) ++i;
        value += header[i];
      }
      i = header.find(';', i);
    } else {
      size_t end = header.find(';', i);
      value = Trim(header.substr(i, end == std::string_view::npos ? end : end - i));
      i = end;
    }
    if (EqualsIgnoreCase(name, key)) return value;
  }
  return std::nullopt;
}

Result<MultipartPart> ParsePart(std::string_view text) {
  MultipartPart part;
  bool disposition = false;
  while (true) {
    size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return Broken("a part's header does not end");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty()) break;
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Broken("a part has a header line without ':'");
    std::string_view value = Trim(line.substr(colon + 1));
    if (EqualsIgnoreCase(line.substr(0, colon), "Content-Disposition")) {
      disposition = true;
      part.name = Parameter(value, "name").value_or("");
      part.filename = Parameter(value, "filename").value_or("");
      size_t slash = part.filename.find_last_of("/\\");
      if (slash != std::string::npos) part.filename.erase(0, slash + 1);
    } else if (EqualsIgnoreCase(line.substr(0, colon), "Content-Type")) {
      part.content_type = value;
    }
  }
  if (!disposition) return Broken("a part has no Content-Disposition");
  part.body = text;
  return part;
}

}  // namespace

Result<std::vector<MultipartPart>> ParseMultipart(const HttpRequest& request) {
  return ParseMultipart(request.headers.Get("Content-Type"), request.body);
}

Result<std::vector<MultipartPart>> ParseMultipart(std::string_view content_type, std::string_view body) {
  if (!EqualsIgnoreCase(Trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data")) {
    return Error(ErrorCode::kInvalidArgument,
                 "the request's Content-Type is '" + std::string(content_type) + "', expected multipart/form-data");
  }
  auto boundary = Parameter(content_type, "boundary");
  if (!boundary || boundary->empty()) return Broken("the Content-Type names no boundary");

  const std::string delimiter = "\r\n--" + *boundary;
  // The first delimiter may stand at the very beginning, without its line break.
  size_t at;
  if (body.starts_with(std::string_view(delimiter).substr(2))) {
    at = delimiter.size() - 2;
  } else {
    size_t first = body.find(delimiter);
    if (first == std::string_view::npos) return Broken("the boundary does not occur");
    at = first + delimiter.size();
  }
  std::vector<MultipartPart> parts;
  while (!body.substr(at).starts_with("--")) {
    size_t line_end = body.find("\r\n", at);
    if (line_end == std::string_view::npos) return Broken("a boundary line does not end");
    size_t begin = line_end + 2;
    // A part without header and body may be followed by its delimiter at once: search from the line break before it.
    size_t end = body.find(delimiter, line_end);
    if (end == std::string_view::npos) return Broken("the closing boundary is missing");
    if (end < begin) return Broken("a part is empty");
    SLUICE_ASSIGN_OR_RETURN(MultipartPart part, ParsePart(body.substr(begin, end - begin)));
    parts.push_back(std::move(part));
    at = end + delimiter.size();
  }
  return parts;
}

MultipartBody BuildMultipart(const std::vector<MultipartPart>& parts, std::string_view boundary) {
  MultipartBody out;
  out.content_type = "multipart/form-data; boundary=" + std::string(boundary);
  for (const MultipartPart& part : parts) {
    out.body += "--" + std::string(boundary) + "\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
    if (!part.filename.empty()) out.body += "; filename=\"" + part.filename + "\"";
    out.body += "\r\n";
    if (!part.content_type.empty()) out.body += "Content-Type: " + part.content_type + "\r\n";
    out.body += "\r\n" + part.body + "\r\n";
  }
  out.body += "--" + std::string(boundary) + "--\r\n";
  return out;
}

}  // namespace sluice::net
