// Java's date patterns. Two dialects, because Flink uses two classes: java.text.SimpleDateFormat (FROM_UNIXTIME,
// UNIX_TIMESTAMP, DATE_FORMAT of strings, CONVERT_TZ: lenient, ms) and java.time.DateTimeFormatter (DATE_FORMAT of
// timestamps, TO_TIMESTAMP, TO_TIMESTAMP_LTZ: strict about widths, ns). English texts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/types/data_type.h"
#include "engine/types/datetime.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

/// A compiled pattern. Immutable and thread-safe.
class DateTimePattern {
 public:
  enum class Dialect : uint8_t { kSimpleDateFormat, kDateTimeFormatter };

  /// kInvalidArgument with Java's message ("Illegal pattern character 'b'", "Unknown pattern letter: b").
  static Result<std::shared_ptr<const DateTimePattern>> Compile(std::string_view pattern, Dialect dialect);

  /// Appends the local time as text; `zone` and the instant are for zone letters (may be null: UTC).
  void Format(std::string& out, const CivilTime& local, const TimeZone* zone, int64_t utc_ms) const;

  /// The first letter that asks for a zone (V, z) or an offset (O, X, x, Z); 0 if there is none.
  char zone_letter() const;

  /// Reads a local time. Fields that the pattern has not are of 1970-01-01 00:00:00. kSimpleDateFormat: a prefix of
  /// `text` suffices, fields may overflow (lenient: month 13 is next January); kDateTimeFormatter: the whole text, and
  /// values in range (SMART resolving). nullopt if it does not fit. `offset_seconds`, if the text has a zone or
  /// offset, gets that offset.
  std::optional<CivilTime> Parse(std::string_view text, std::optional<int32_t>* offset_seconds = nullptr) const;

  /// SimpleDateFormat.parse(text).getTime() in `zone`: ms since the epoch.
  std::optional<int64_t> ParseMillis(std::string_view text, const TimeZone& zone) const;

 private:
  struct Token {
    char letter = 0;  // 0: literal text; '[' and ']': optional section
    int count = 0;
    std::string text;
  };
  struct Fields;
  bool ParseTokens(std::string_view text, size_t& pos, size_t first, size_t last, Fields& fields) const;
  bool ParseField(std::string_view text, size_t& pos, size_t token, Fields& fields) const;
  bool ParseNumber(std::string_view text, size_t& pos, size_t token, Fields& fields) const;
  bool AdjacentNumeric(size_t token) const;
  void FormatToken(std::string& out, const Token& t, const CivilTime& local, const TimeZone* zone,
                   int64_t utc_ms) const;

  Dialect dialect_ = Dialect::kSimpleDateFormat;
  std::vector<Token> tokens_;
};
using DateTimePatternPtr = std::shared_ptr<const DateTimePattern>;

}  // namespace sluice::engine
