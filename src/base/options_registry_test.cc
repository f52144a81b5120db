#include "base/options_registry.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sluice {
namespace {

using std::chrono::milliseconds;

enum class Phase { kAuto, kOnePhase, kTwoPhase };

constexpr Option<int64_t> kSize{.key = "table.exec.mini-batch.size",
                                .default_value = "-1",
                                .min = 1,
                                .unit = "rows",
                                .text = "Rows that may wait | at most."};
constexpr Option<Phase> kPhase{.key = "table.optimizer.agg-phase-strategy",
                               .default_value = "AUTO",
                               .enum_class = "org.apache.flink.table.api.config.AggregatePhaseStrategy",
                               .enum_values = "AUTO, ONE_PHASE, TWO_PHASE"};
constexpr Option<milliseconds> kTtl{
    .key = "table.exec.state.ttl", .default_value = "0 ms", .fallback_keys = {"old.ttl"}};
constexpr Option<std::string> kPath{.key = "path", .flink_alias = "file.path"};
constexpr Option<bool> kIgnore{.key = "ignore-parse-errors", .default_value = "false"};

template <typename T>
std::string Message(const Result<T>& result) {
  return result.ok() ? "(no error)" : result.error().message();
}

TEST(OptionsTest, DefaultFallbackAliasAndPrefix) {
  EXPECT_EQ(GetOption({}, kSize).value(), -1);
  EXPECT_FALSE(FindOption({}, kSize).value().has_value());
  EXPECT_EQ(GetOption({{"table.exec.mini-batch.size", "+7"}}, kSize).value(), 7);
  EXPECT_EQ(GetOption({{"old.ttl", "1 h"}}, kTtl).value(), milliseconds(3'600'000));
  EXPECT_EQ(GetOption({{"old.ttl", "1 h"}, {"table.exec.state.ttl", "2 h"}}, kTtl).value(), milliseconds(7'200'000));
  EXPECT_EQ(GetOption({{"file.path", "/a"}}, kPath).value(), "/a");
  EXPECT_TRUE(GetOption({{"json.ignore-parse-errors", "TRUE"}}, kIgnore, "json.").value());
  EXPECT_NE(Message(GetOption({}, kPath)).find("path"), std::string::npos);
  EXPECT_EQ(GetOption({{"table.optimizer.agg-phase-strategy", "one_phase"}}, kPhase).value(), Phase::kOnePhase);
}

TEST(OptionsTest, ErrorsAreFlinksAndNameTheKey) {
  EXPECT_EQ(Message(GetOption({{"table.exec.mini-batch.size", "ten"}}, kSize)),
            "Could not parse value 'ten' for key 'table.exec.mini-batch.size': For input string: \"ten\"");
  EXPECT_EQ(Message(GetOption({{"table.exec.mini-batch.size", "0"}}, kSize)),
            "Key: 'table.exec.mini-batch.size' , default: -1 (fallback keys: []) must be > 0.");
  EXPECT_EQ(Message(ParseOption(kPhase, "THREE_PHASE")),
            "Could not parse value for enum class org.apache.flink.table.api.config.AggregatePhaseStrategy. "
            "Expected one of: [[AUTO, ONE_PHASE, TWO_PHASE]]");
  EXPECT_EQ(Message(ParseOptionBool("maybe")),
            "Unrecognized option for boolean: maybe. Expected either true or false(case insensitive)");
}

TEST(OptionsTest, NumbersFollowJava) {
  EXPECT_EQ(ParseOptionInt("-5").value(), -5);
  for (const char* bad : {"", " 5", "2147483648", "0x10", "5.0", "+", "-", "+-5", "1e3"}) {
    EXPECT_EQ(Message(ParseOptionInt(bad)), "For input string: \"" + std::string(bad) + "\"");
  }
  EXPECT_EQ(ParseOptionLong("9223372036854775807").value(), INT64_MAX);
  EXPECT_FALSE(ParseOptionLong("9223372036854775808").ok());
  EXPECT_EQ(ParseOptionDouble(" 1.5 ").value(), 1.5);
  EXPECT_EQ(ParseOptionDouble("1d").value(), 1.0);
  EXPECT_EQ(ParseOptionDouble("0x1p3").value(), 8.0);
  EXPECT_EQ(ParseOptionDouble("1e999").value(), HUGE_VAL);
  EXPECT_TRUE(std::isnan(ParseOptionDouble("NaN").value()));
  EXPECT_EQ(Message(ParseOptionDouble("")), "empty String");
  EXPECT_EQ(Message(ParseOptionDouble("true ")), "For input string: \"true\"");
  for (const char* bad : {"0x10", "nan", "inf", "1.5x", "-", "e3"}) EXPECT_FALSE(ParseOptionDouble(bad).ok()) << bad;
}

TEST(OptionsTest, DurationsFollowFlink) {
  const std::pair<const char*, int64_t> good[] = {{"5", 5},
                                                  {"1s", 1000},
                                                  {"1 min", 60'000},
                                                  {"2 m", 120'000},
                                                  {"1 S", 1000},
                                                  {"1 Day", 86400000},
                                                  {"PT1S", 1000},
                                                  {"P1D", 86400000},
                                                  {"pt1.5s", 1500},
                                                  {"P1DT2H3M4.005S", 93784005},
                                                  {"1 µs", 0},
                                                  {"1500 micro", 1},
                                                  {"PT36H", 129600000},
                                                  {" 200 ms ", 200}};
  for (const auto& [text, ms] : good) EXPECT_EQ(ParseOptionDuration(text).value().count(), ms) << text;
  for (const char* bad : {"tomorrow", "PT", "P", "+5 s", "PT1"}) {
    EXPECT_EQ(Message(ParseOptionDuration(bad)),
              "text does not start with a number, and is not a valid ISO-8601 duration format: " + std::string(bad));
  }
  EXPECT_EQ(Message(ParseOptionDuration(" ")), "argument is an empty- or whitespace-only string");
  EXPECT_EQ(Message(ParseOptionDuration("PT-1S")), "negative duration is not supported");
  EXPECT_EQ(Message(ParseOptionDuration("99999999999999999999 s")),
            "The value '99999999999999999999' cannot be represented as Duration (numeric overflow).");
  EXPECT_EQ(
      Message(ParseOptionDuration("1.5 s")),
      "Time interval unit label '.5 s' does not match any of the recognized units: DAYS: (d | day | days), HOURS: "
      "(h | hour | hours), MINUTES: (min | m | minute | minutes), SECONDS: (s | sec | secs | second | seconds), "
      "MILLISECONDS: (ms | milli | millis | millisecond | milliseconds), MICROSECONDS: (µs | micro | micros | "
      "microsecond | microseconds), NANOSECONDS: (ns | nano | nanos | nanosecond | nanoseconds)");
}

TEST(OptionsTest, MemorySizesFollowFlink) {
  const std::pair<const char*, int64_t> good[] = {
      {"1", 1}, {"1k", 1024}, {"64 KB", 65536}, {"1g", int64_t{1} << 30}, {"2 tebibytes", int64_t{2} << 40}};
  for (const auto& [text, bytes] : good) EXPECT_EQ(ParseOptionMemorySize(text).value().bytes, bytes) << text;
  EXPECT_EQ(Message(ParseOptionMemorySize("x")), "text does not start with a number");
  EXPECT_EQ(
      Message(ParseOptionMemorySize("1 mib")),
      "Memory size unit 'mib' does not match any of the recognized units: (b | bytes) / (k | kb | kibibytes) / (m | "
      "mb | mebibytes) / (g | gb | gibibytes) / (t | tb | tebibytes)");
  EXPECT_EQ(Message(ParseOptionMemorySize("9999999999 t")),
            "The value '9999999999 t' cannot be re represented as 64bit number of bytes (numeric overflow).");
  EXPECT_EQ(FormatMemorySize({0}), "0 bytes");
  EXPECT_EQ(FormatMemorySize({1536}), "1536 bytes");
  EXPECT_EQ(FormatMemorySize({65536}), "64 kb");
  EXPECT_EQ(FormatMemorySize({int64_t{1} << 30}), "1 gb");
  EXPECT_EQ(FormatMemorySize({int64_t{3} << 40}), "3298534883328 bytes");
}

TEST(OptionsTest, ListsAndMapsFollowFlink) {
  using List = std::vector<std::string>;
  using Map = std::map<std::string, std::string>;
  const std::pair<const char*, List> lists[] = {{"a;b", {"a", "b"}},
                                                {"[a, b]", {"a", "b"}},
                                                {"[a,b", {"[a,b"}},
                                                {"'a;b';c", {"a;b", "c"}},
                                                {"", {}},
                                                {"['x, y', 2]", {"x, y", "2"}},
                                                {"a;;b", {"a", "", "b"}},
                                                {" a ; b ", {"a", "b"}}};
  for (const auto& [text, list] : lists) EXPECT_EQ(ParseOptionList(text).value(), list) << text;
  EXPECT_EQ(ParseOptionMap("a:b,c:d").value(), (Map{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(ParseOptionMap("{a: b, c: 2}").value(), (Map{{"a", "b"}, {"c", "2"}}));
  EXPECT_EQ(Message(ParseOptionMap("a:b,c")), "Map item is not a key-value pair (missing ':'?)");
  EXPECT_EQ(Message(ParseOptionMap("'a:b':c")), "Could not split string. Illegal quoting at position: 4");
}

TEST(OptionsRegistryTest, FindsChecksSuggestsAndPrints) {
  OptionsRegistry registry;
  registry.Add("Execution", kSize);
  registry.Add("Execution", kTtl);
  registry.Add("Optimizer", kPhase);
  ASSERT_NE(registry.Find("old.ttl"), nullptr);
  EXPECT_EQ(registry.Find("old.ttl")->key, "table.exec.state.ttl");
  EXPECT_EQ(registry.Find("none"), nullptr);
  EXPECT_TRUE(registry.CheckText("no.such.key", "x").ok());
  EXPECT_TRUE(registry.CheckText("table.exec.state.ttl", "1 h").ok());
  EXPECT_FALSE(registry.CheckText("table.exec.state.ttl", "soon").ok());
  EXPECT_EQ(registry.Nearest("table.exec.minibatch.size"), "table.exec.mini-batch.size");
  EXPECT_EQ(registry.Nearest("zzz"), "");
  EXPECT_EQ(registry.ReferencePage("Options"),
            "# Options\n\nGenerated from the options registry; do not edit.\n\n"
            "## Execution\n\n| key | type | default | meaning |\n|---|---|---|---|\n"
            "| `table.exec.mini-batch.size` | Long (rows) | `-1` | Rows that may wait \\| at most. A set value must be "
            "> 0. |\n"
            "| `table.exec.state.ttl` | Duration | `0 ms` |  Also read: `old.ttl`. |\n\n"
            "## Optimizer\n\n| key | type | default | meaning |\n|---|---|---|---|\n"
            "| `table.optimizer.agg-phase-strategy` | Enum: AUTO, ONE_PHASE, TWO_PHASE | `AUTO` |  |\n");
}

}  // namespace
}  // namespace sluice
