#include "engine/connectors/http/status_codes.h"

#include <optional>
#include <string>

#include "base/text.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::http {
namespace {

constexpr size_t kFirst = 100;

Error CannotParse(std::string_view code) {
  return Error(ErrorCode::kOption, "Can not parse code " + std::string(code));
}

/// Nothing: it is no number.
Result<std::optional<size_t>> Number(std::string_view code) {
  const std::optional<int64_t> number = text::ParseJavaInt(code, 32);
  if (!number) return std::optional<size_t>();
  if (*number < static_cast<int64_t>(kFirst) || *number > 599) {
    return Error(ErrorCode::kOption, "Http code out of the range [" + std::to_string(*number) + "]");
  }
  return std::optional(static_cast<size_t>(*number));
}

bool IsGroup(std::string_view code) {
  const auto is_x = [](char c) { return c == 'x' || c == 'X'; };
  return code.size() == 3 && code[0] >= '1' && code[0] <= '5' && is_x(code[1]) && is_x(code[2]);
}

}  // namespace

Result<StatusCodes> ParseStatusCodes(std::string_view list) {
  StatusCodes in, out;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view code = Trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (code.empty()) continue;
    if (code.front() == '!') {
      SLUICE_ASSIGN_OR_RETURN(const std::optional<size_t> number, Number(code.substr(1)));
      if (!number) return CannotParse(code);
      out.set(*number);
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::optional<size_t> number, Number(code));
    if (number) {
      in.set(*number);
    } else if (IsGroup(code)) {
      const size_t first = static_cast<size_t>(code[0] - '0') * 100;
      for (size_t c = first; c < first + 100; ++c) in.set(c);
    } else {
      return CannotParse(code);
    }
  }
  return in & ~out;
}

}  // namespace sluice::engine::http
