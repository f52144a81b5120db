#include "engine/types/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "engine/types/datetime.h"

namespace sluice::engine {

namespace {

std::string_view TzdataFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder ? folder : "/usr/share/zoneinfo";
}

int64_t BigEndian(std::string_view bytes, size_t at, size_t width) {
  uint64_t v = 0;
  for (size_t i = 0; i < width; ++i) v = v << 8 | static_cast<unsigned char>(bytes[at + i]);
  if (width == 4) return static_cast<int32_t>(v);
  return static_cast<int64_t>(v);
}

/// "+8", "+08", "+08:00", "+0800", "+08:00:30" to seconds.
bool ParseOffset(std::string_view text, int32_t* seconds) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  std::string digits;
  int colons = 0;
  size_t since_colon = 0;
  bool first_short = false;
  for (char c : text.substr(1)) {
    if (c == ':') {
      if (colons == 0 && digits.size() == 1) {
        digits = "0" + digits;
        first_short = true;
      } else if (since_colon != 2) {
        return false;
      }
      ++colons;
      since_colon = 0;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      ++since_colon;
    } else {
      return false;
    }
  }
  if (colons > 0 && since_colon != 2 && !first_short) return false;
  if (digits.size() == 1) digits = "0" + digits;
  if (digits.size() == 3) digits = "0" + digits;
  if (digits.size() != 2 && digits.size() != 4 && digits.size() != 6) return false;
  auto two = [&](size_t i) { return i < digits.size() ? (digits[i] - '0') * 10 + digits[i + 1] - '0' : 0; };
  if (two(0) > 18 || two(2) > 59 || two(4) > 59) return false;
  *seconds = sign * (two(0) * 3600 + two(2) * 60 + two(4));
  return true;
}

std::string OffsetName(std::string_view prefix, int32_t seconds) {
  if (seconds == 0 && !prefix.empty()) return std::string(prefix);
  const int32_t m = (seconds < 0 ? -seconds : seconds) / 60;
  auto two = [](int32_t v) { return std::string{static_cast<char>('0' + v / 10), static_cast<char>('0' + v % 10)}; };
  return std::string(prefix) + (seconds < 0 ? "-" : "+") + two(m / 60) + ":" + two(m % 60);
}

/// java.util.TimeZone's three-letter ids that tzdata has under other names, and zones that have been one since 1970:
/// for Java they share the whole history of the second, for the system's tzdata (if built with `backzone`) they do not.
std::string_view JavaAlias(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
      {"ACT", "Australia/Darwin"},
      {"AET", "Australia/Sydney"},
      {"AGT", "America/Argentina/Buenos_Aires"},
      {"ART", "Africa/Cairo"},
      {"AST", "America/Anchorage"},
      {"BET", "America/Sao_Paulo"},
      {"BST", "Asia/Dhaka"},
      {"CAT", "Africa/Harare"},
      {"CNT", "America/St_Johns"},
      {"CST", "America/Chicago"},
      {"CTT", "Asia/Shanghai"},
      {"EAT", "Africa/Addis_Ababa"},
      {"ECT", "Europe/Paris"},
      {"IET", "America/Indiana/Indianapolis"},
      {"IST", "Asia/Kolkata"},
      {"JST", "Asia/Tokyo"},
      {"MIT", "Pacific/Apia"},
      {"NET", "Asia/Yerevan"},
      {"NST", "Pacific/Auckland"},
      {"PLT", "Asia/Karachi"},
      {"PNT", "America/Phoenix"},
      {"PRT", "America/Puerto_Rico"},
      {"PST", "America/Los_Angeles"},
      {"SST", "Pacific/Guadalcanal"},
      {"VST", "Asia/Ho_Chi_Minh"},
      {"Atlantic/Reykjavik", "Africa/Abidjan"},
      {"Iceland", "Africa/Abidjan"},
      {"Europe/Amsterdam", "Europe/Brussels"},
      {"Europe/Copenhagen", "Europe/Berlin"},
      {"Europe/Luxembourg", "Europe/Brussels"},
      {"Europe/Monaco", "Europe/Paris"},
      {"Europe/Oslo", "Europe/Berlin"},
      {"Europe/Stockholm", "Europe/Berlin"}};
  for (const auto& [from, to] : kAliases) {
    if (from == name) return to;
  }
  return name;
}

/// Names become paths: only what tzdata uses, and nothing that climbs.
bool IsPlainName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

}  // namespace

/// Reads a TZif file (RFC 8536): the 64-bit block of version 2 and its footer rule.
class TimeZoneLoader {
 public:
  static std::shared_ptr<TimeZone> Load(std::string_view name, std::string_view bytes) {
    auto zone = std::make_shared<TimeZone>();
    zone->name_ = std::string(name);
    TimeZoneLoader loader(bytes);
    if (!loader.Read(*zone)) return nullptr;
    zone->since_1900_ = Since1900(*zone);
    return zone;
  }
  static std::shared_ptr<TimeZone> Fixed(std::string name, int32_t offset) {
    auto zone = std::make_shared<TimeZone>();
    zone->name_ = name;
    zone->kinds_.push_back({offset, false, name});
    return zone;
  }

 private:
  explicit TimeZoneLoader(std::string_view bytes) : bytes_(bytes) {}

  /// Null if the zone knows of nothing before 1900.
  static std::shared_ptr<const TimeZone> Since1900(const TimeZone& zone) {
    constexpr int64_t k1900 = -2'208'988'800;  // 1900-01-01 00:00:00 UTC
    const auto first = std::lower_bound(zone.transitions_.begin(), zone.transitions_.end(), k1900);
    const auto dropped = first - zone.transitions_.begin();
    if (zone.transitions_.empty() || zone.kinds_.size() > 254) return nullptr;
    auto out = std::make_shared<TimeZone>(zone);
    const uint8_t before = dropped == 0 ? 0 : zone.kind_after_[static_cast<size_t>(dropped) - 1];
    out->transitions_.erase(out->transitions_.begin(), out->transitions_.begin() + dropped);
    out->kind_after_.erase(out->kind_after_.begin(), out->kind_after_.begin() + dropped);
    if (!out->transitions_.empty()) {
      out->transitions_.insert(out->transitions_.begin(), k1900);
      out->kind_after_.insert(out->kind_after_.begin(), before);
    }
    out->kinds_.insert(out->kinds_.begin(), zone.has_rule_ ? zone.rule_standard_ : zone.KindAt(INT64_MAX));
    for (uint8_t& kind : out->kind_after_) ++kind;
    return out;
  }

  struct Header {
    char version = 0;
    size_t ut_count = 0, std_count = 0, leap_count = 0, time_count = 0, type_count = 0, char_count = 0;
    size_t BlockSize(size_t time_width) const {
      return time_count * time_width + time_count + type_count * 6 + char_count + leap_count * (time_width + 4) +
             std_count + ut_count;
    }
  };

  bool ReadHeader(Header& h) {
    if (bytes_.size() < at_ + 44 || bytes_.substr(at_, 4) != "TZif") return false;
    h.version = bytes_[at_ + 4];
    size_t* fields[] = {&h.ut_count, &h.std_count, &h.leap_count, &h.time_count, &h.type_count, &h.char_count};
    for (size_t i = 0; i < 6; ++i) *fields[i] = static_cast<size_t>(BigEndian(bytes_, at_ + 20 + i * 4, 4));
    at_ += 44;
    return true;
  }

  bool Read(TimeZone& zone) {
    Header h;
    if (!ReadHeader(h)) return false;
    size_t width = 4;
    if (h.version >= '2') {
      at_ += h.BlockSize(4);
      if (!ReadHeader(h)) return false;
      width = 8;
    }
    if (h.type_count == 0 || bytes_.size() < at_ + h.BlockSize(width)) return false;
    const size_t types = at_ + h.time_count * width + h.time_count;
    const size_t chars = types + h.type_count * 6;
    for (size_t i = 0; i < h.type_count; ++i) {
      TimeZone::Kind k;
      k.offset = static_cast<int32_t>(BigEndian(bytes_, types + i * 6, 4));
      k.dst = bytes_[types + i * 6 + 4] != 0;
      const size_t name = chars + static_cast<unsigned char>(bytes_[types + i * 6 + 5]);
      if (name < bytes_.size()) k.abbreviation = std::string(bytes_.substr(name).data());
      zone.kinds_.push_back(std::move(k));
    }
    for (size_t i = 0; i < h.time_count; ++i) {
      zone.transitions_.push_back(BigEndian(bytes_, at_ + i * width, width));
      const auto kind = static_cast<uint8_t>(bytes_[at_ + h.time_count * width + i]);
      if (kind >= h.type_count) return false;
      zone.kind_after_.push_back(kind);
    }
    at_ += h.BlockSize(width);
    if (width == 8) ReadFooter(zone);
    return true;
  }

  void ReadFooter(TimeZone& zone) {
    if (at_ >= bytes_.size() || bytes_[at_] != '\n') return;
    const size_t end = bytes_.find('\n', at_ + 1);
    if (end == std::string_view::npos) return;
    rule_ = bytes_.substr(at_ + 1, end - at_ - 1);
    if (rule_.empty()) return;
    zone.rule_standard_.abbreviation = RuleName();
    zone.rule_standard_.offset = -RuleTime();
    if (!rule_.empty()) {
      zone.rule_dst_.abbreviation = RuleName();
      zone.rule_dst_.dst = true;
      zone.rule_dst_.offset = zone.rule_standard_.offset + 3600;
      if (!rule_.empty() && rule_[0] != ',') zone.rule_dst_.offset = -RuleTime();
      zone.rule_start_ = RuleDay();
      zone.rule_end_ = RuleDay();
      zone.rule_has_dst_ = true;
    }
    zone.has_rule_ = true;
  }

  std::string RuleName() {
    size_t n = 0;
    if (!rule_.empty() && rule_[0] == '<') {
      n = std::min(rule_.find('>'), rule_.size() - 1);
      std::string out(rule_.substr(1, n - 1));
      rule_.remove_prefix(n + 1);
      return out;
    }
    while (n < rule_.size() && std::isalpha(static_cast<unsigned char>(rule_[n]))) ++n;
    std::string out(rule_.substr(0, n));
    rule_.remove_prefix(n);
    return out;
  }
  int RuleNumber() {
    int v = 0;
    while (!rule_.empty() && rule_[0] >= '0' && rule_[0] <= '9' && v < 100000) {
      v = v * 10 + (rule_[0] - '0');
      rule_.remove_prefix(1);
    }
    return v;
  }
  bool RuleEat(char c) {
    if (rule_.empty() || rule_[0] != c) return false;
    rule_.remove_prefix(1);
    return true;
  }
  int32_t RuleTime() {
    int sign = 1;
    if (RuleEat('-')) {
      sign = -1;
    } else {
      RuleEat('+');
    }
    int32_t seconds = RuleNumber() * 3600;
    if (RuleEat(':')) seconds += RuleNumber() * 60;
    if (RuleEat(':')) seconds += RuleNumber();
    return sign * seconds;
  }
  TimeZone::RuleDate RuleDay() {
    TimeZone::RuleDate d;
    RuleEat(',');
    if (RuleEat('M')) {
      d.month = RuleNumber();
      RuleEat('.');
      d.week = RuleNumber();
      RuleEat('.');
      d.day = RuleNumber();
    } else if (RuleEat('J')) {
      d.form = TimeZone::RuleDate::kJulian;
      d.day = RuleNumber();
    } else {
      d.form = TimeZone::RuleDate::kDayOfYear;
      d.day = RuleNumber();
    }
    if (RuleEat('/')) d.time = RuleTime();
    return d;
  }

  std::string_view bytes_;
  std::string_view rule_;
  size_t at_ = 0;
};

namespace {

Result<std::shared_ptr<const TimeZone>> Open(std::string_view name) {
  auto unknown = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "Unknown time zone '" + std::string(name) + "'. Use a name such as 'Europe/Berlin' or 'GMT+08:00'.");
  };
  int32_t offset = 0;
  if (name == "Z" || name == "UTC" || name == "GMT" || name == "UT") {
    return TimeZonePtr(TimeZoneLoader::Fixed(name == "Z" ? "Z" : std::string(name), 0));
  }
  if (ParseOffset(name, &offset)) return TimeZonePtr(TimeZoneLoader::Fixed(OffsetName("", offset), offset));
  for (std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (name.starts_with(prefix) && ParseOffset(name.substr(prefix.size()), &offset)) {
      return TimeZonePtr(TimeZoneLoader::Fixed(OffsetName(prefix, offset), offset));
    }
  }
  if (!IsPlainName(name)) return unknown();
  std::ifstream in(std::string(TzdataFolder()) + "/" + std::string(JavaAlias(name)), std::ios::binary);
  if (!in) return unknown();
  std::stringstream bytes;
  bytes << in.rdbuf();
  std::shared_ptr<TimeZone> zone = TimeZoneLoader::Load(name, bytes.str());
  if (!zone) return unknown();
  return TimeZonePtr(std::move(zone));
}

/// Parsed zones are immutable facts of the machine: sharing them between engines in one process is safe.
struct ZoneCache {
  std::mutex mutex;
  std::map<std::string, TimeZonePtr, std::less<>> zones;
};

ZoneCache& Cache() {
  static ZoneCache cache;
  return cache;
}

}  // namespace

Result<std::shared_ptr<const TimeZone>> TimeZone::Find(std::string_view name) {
  ZoneCache& cache = Cache();
  std::lock_guard lock(cache.mutex);
  if (auto it = cache.zones.find(name); it != cache.zones.end()) return it->second;
  SLUICE_ASSIGN_OR_RETURN(TimeZonePtr zone, Open(name));
  if (cache.zones.size() < 2000) cache.zones.emplace(std::string(name), zone);
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::FindOrGmt(std::string_view name) {
  auto found = Find(name);
  return found.ok() ? *found : Utc();
}

std::shared_ptr<const TimeZone> TimeZone::Utc() {
  static const TimeZonePtr kUtc = TimeZoneLoader::Fixed("UTC", 0);
  return kUtc;
}

namespace {

int32_t RuleDayInYear(int form, int month, int week, int day, int year) {
  if (form == 1) return DaysFromCivil(year, 1, 1) + day - 1 + (day >= 60 && IsLeapYear(year) ? 1 : 0);
  if (form == 2) return DaysFromCivil(year, 1, 1) + day;
  const int32_t first = DaysFromCivil(year, month, 1);
  const int weekday = IsoDayOfWeek(first) % 7;  // 0 = Sunday
  int32_t d = first + (day - weekday + 7) % 7 + (week - 1) * 7;
  while (d >= first + DaysInMonth(year, month)) d -= 7;
  return d;
}

}  // namespace

const TimeZone::Kind& TimeZone::KindByRule(int64_t utc_seconds) const {
  if (!rule_has_dst_) return rule_standard_;
  const int year = CivilFromDays(static_cast<int32_t>(FloorDiv(utc_seconds + rule_standard_.offset, 86400))).year;
  auto instant = [&](const RuleDate& d, int32_t offset_before) {
    return int64_t{RuleDayInYear(d.form, d.month, d.week, d.day, year)} * 86400 + d.time - offset_before;
  };
  const int64_t start = instant(rule_start_, rule_standard_.offset), end = instant(rule_end_, rule_dst_.offset);
  const bool dst = start < end ? utc_seconds >= start && utc_seconds < end : utc_seconds >= start || utc_seconds < end;
  return dst ? rule_dst_ : rule_standard_;
}

const TimeZone::Kind& TimeZone::KindAt(int64_t utc_seconds) const {
  if (transitions_.empty()) return has_rule_ ? KindByRule(utc_seconds) : kinds_[0];
  if (utc_seconds >= transitions_.back() && has_rule_) return KindByRule(utc_seconds);
  const auto it = std::upper_bound(transitions_.begin(), transitions_.end(), utc_seconds);
  if (it == transitions_.begin()) return kinds_[0];
  return kinds_[kind_after_[static_cast<size_t>(it - transitions_.begin()) - 1]];
}

int32_t TimeZone::OffsetAt(int64_t utc_seconds) const { return KindAt(utc_seconds).offset; }

std::string TimeZone::AbbreviationAt(int64_t utc_seconds, bool* is_dst) const {
  const Kind& k = KindAt(utc_seconds);
  if (is_dst) *is_dst = k.dst;
  return k.abbreviation;
}

int64_t TimeZone::UtcToLocalMillis(int64_t utc_ms) const {
  return utc_ms + int64_t{OffsetAt(FloorDiv(utc_ms, 1000))} * 1000;
}

int64_t TimeZone::LocalToUtcMillis(int64_t local_ms) const {
  if (is_fixed()) return local_ms - int64_t{kinds_[0].offset} * 1000;
  // The offsets a day before and after bracket a transition. With the earlier one: right before a transition, in an
  // overlap (summer time first) and in a gap (which moves the local time forward by the gap).
  const int64_t local = FloorDiv(local_ms, 1000);
  const int32_t before = OffsetAt(local - 86400), after = OffsetAt(local + 86400);
  if (before == after) {
    // A day holds at most one transition, but a there-and-back within two days must not be missed.
    const int32_t here = OffsetAt(local - before);
    if (here == before) return local_ms - int64_t{before} * 1000;
  }
  for (int32_t offset : {before, after}) {
    if (OffsetAt(local - offset) == offset) return local_ms - int64_t{offset} * 1000;
  }
  return local_ms - int64_t{before} * 1000;
}

}  // namespace sluice::engine
