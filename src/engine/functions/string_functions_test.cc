// Expected answers are those of Apache Flink 2.3.
#include "engine/functions/string_functions.h"

#include <gtest/gtest.h>

#include "engine/functions/call_for_test.h"

namespace sluice::engine {
namespace {

struct Case {
  const char* function;
  std::vector<Arg> args;
  const char* text;
  const char* type;  // nullptr: not checked
};

class StringFunctions : public testing::Test {
 protected:
  StringFunctions() {
    AddStringFunctions(registry_);
    AddRegexFunctions(registry_);
    AddHashFunctions(registry_);
  }
  void Check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      const Answer answer = CallForTest(registry_, c.function, c.args);
      std::string shown = c.function;
      for (const Arg& a : c.args) {
        const auto* text = std::get_if<std::string>(&a.value.storage());
        shown += text != nullptr ? " '" + *text + "'" : " …";
      }
      EXPECT_EQ(answer.text, c.text) << shown;
      if (c.type != nullptr) {
        EXPECT_EQ(answer.type, c.type) << shown;
      }
    }
  }
  FunctionRegistry registry_;
};

TEST_F(StringFunctions, CaseAndLength) {
  Check({{"UPPER", {Str("abc")}, "ABC", "CHAR(3) NOT NULL"},
         {"UPPER", {NullStr()}, "<NULL>", "STRING"},
         {"UPPER",
          {{DataType::String(), Value::String("straße é, a rather long one")}},
          "STRASSE É, A RATHER LONG ONE",
          "STRING"},
         {"LOWER", {{DataType::String(), Value::String("ÀÉİΣ")}}, "àéi̇ς", "STRING"},
         {"INITCAP", {Str("hello wORLD-foo_bar 1ab éa éé ñandú")}, "Hello World-Foo_Bar 1ab éA éé ñAndú", nullptr},
         {"REVERSE", {Str("a😀é")}, "é😀a", "STRING"},
         {"CHAR_LENGTH", {Str("日本語")}, "3", "INT NOT NULL"},
         {"CHARACTER_LENGTH", {Str("")}, "0", nullptr},
         {"ASCII", {Str("é")}, "-61", "INT NOT NULL"},
         {"ASCII", {Str("")}, "0", nullptr},
         {"CHR", {Int(97)}, "a", "STRING"},
         {"CHR", {Big(321)}, "A", nullptr},
         {"CHR", {Int(-1)}, "", nullptr},
         {"CHAR_LENGTH", {Int(10)}, "ERROR Cannot apply 'CHAR_LENGTH(<CHARACTER>)'", nullptr}});
}

TEST_F(StringFunctions, Concat) {
  Check({{"||", {Str("a"), Str("bc")}, "abc", "CHAR(3) NOT NULL"},
         {"||", {Str("abc"), NullStr()}, "<NULL>", "STRING"},
         {"CONCAT",
          {Str("a"), Str("b"), Str("a longer text than twelve")},
          "aba longer text than twelve",
          "STRING NOT NULL"},
         {"CONCAT_WS", {Str(","), Str("a"), NullStr(), Str(""), Str("b")}, "a,,b", "STRING"},
         {"CONCAT_WS", {NullStr(), Str("a")}, "<NULL>", "STRING"},
         {"REPEAT", {Str("ab"), Int(3)}, "ababab", "STRING NOT NULL"},
         {"REPEAT", {Str("ab"), Int(-1)}, "", nullptr},
         {"LPAD", {Str("hi"), Int(5), Str("xy")}, "xyxhi", "STRING NOT NULL"},
         {"RPAD", {Str("hi"), Int(5), Str("xy")}, "hixyx", nullptr},
         {"LPAD", {Str("hi"), Int(1), Str("xy")}, "h", nullptr},
         {"LPAD", {Str("hi"), Int(-1), Str("xy")}, "<NULL>", nullptr},
         {"RPAD", {Str("hi"), Int(2), Str("")}, "<NULL>", nullptr},
         {"LPAD", {Str("😀"), Int(3), Str("-")}, "-😀", nullptr},
         {"ELT", {Int(2), Str("a"), Str("bcd")}, "bcd", "VARCHAR(3)"},
         {"ELT", {NullInt(), Str("a")}, "<NULL>", "CHAR(1)"},
         {"ELT", {Int(1), Bytes("A"), Bytes("B")}, "x'41'", "BINARY(1)"},
         {"ELT", {Int(5), Str("a")}, "<NULL>", nullptr}});
}

TEST_F(StringFunctions, Parts) {
  Check({{"SUBSTRING", {Str("hello"), Int(0)}, "hello", "VARCHAR(5)"},
         {"SUBSTRING", {Str("hello"), Int(-2)}, "lo", nullptr},
         {"SUBSTRING", {Str("hello"), Int(-2), Int(1)}, "l", nullptr},
         {"SUBSTRING", {Str("hello"), Int(10)}, "", nullptr},
         {"SUBSTRING", {Str("hello"), Int(-10), Int(3)}, "", nullptr},
         {"SUBSTR", {Str("hello"), Int(2), Int(-1)}, "<NULL>", nullptr},
         {"SUBSTRING", {Str("日本語"), Int(2), Int(1)}, "本", nullptr},
         {"LEFT", {Str("hello"), Int(2)}, "he", "VARCHAR(5)"},
         {"LEFT", {Str("hello"), Int(-1)}, "", nullptr},
         {"RIGHT", {Str("hello"), Int(2)}, "lo", nullptr},
         {"RIGHT", {Str("hello"), Int(9)}, "hello", nullptr},
         {"TRIM", {Sym("BOTH"), Str("ab"), Str("abcab")}, "c", "VARCHAR(5) NOT NULL"},
         {"TRIM", {Sym("LEADING"), Str("日"), Str("日hi日")}, "hi日", nullptr},
         {"TRIM", {Sym("TRAILING"), Str("x"), Str("xxhixx")}, "xxhi", nullptr},
         {"LTRIM", {Str("  a ")}, "a ", "VARCHAR(4) NOT NULL"},
         {"RTRIM", {Str("xyhiyx"), Str("xy")}, "xyhi", nullptr},
         {"BTRIM", {Str("www.a.ww"), Str("w.")}, "a", "STRING NOT NULL"},
         {"BTRIM", {Str("\t a ")}, "\t a", nullptr},
         {"OVERLAY", {Str("hello"), Str("XX"), Int(2)}, "hXXlo", "VARCHAR(7) NOT NULL"},
         {"OVERLAY", {Str("hello"), Str("XX"), Int(2), Int(0)}, "hXX", nullptr},
         {"OVERLAY", {Str("abcdef"), Str("Z"), Int(0)}, "abcdef", nullptr},
         {"OVERLAY", {Str("abcdef"), Str("Z"), Int(3), Int(100)}, "abZ", nullptr}});
}

TEST_F(StringFunctions, Search) {
  Check({{"POSITION", {Str("o"), Str("hello world")}, "5", "INT NOT NULL"},
         {"POSITION", {Str(""), Str("hello")}, "1", nullptr},
         {"POSITION", {Str("x"), Str("😀😀x")}, "3", nullptr},
         {"LOCATE", {Str("b"), Str("abcb"), Int(3)}, "4", nullptr},
         {"LOCATE", {Str(""), Str("abc"), Int(4)}, "1", nullptr},
         {"LOCATE", {Str("aa"), Str("aaaa"), Int(2)}, "2", nullptr},
         {"INSTR", {Str("Corporate Floor"), Str("or"), Int(3), Int(2)}, "14", nullptr},
         {"INSTR", {Str("Corporate Floor"), Str("or"), Int(-3), Int(2)}, "2", nullptr},
         {"INSTR", {Str("aaa"), Str("aa"), Int(1), Int(2)}, "2", nullptr},
         {"INSTR", {Str("abcabc"), Str("bc"), Int(-2), Int(1)}, "2", nullptr},
         {"INSTR", {Str("abcabc"), Str("bc"), Int(-1), Int(1)}, "5", nullptr},
         {"INSTR", {Str("aaaa"), Str("aa"), Int(-1), Int(2)}, "2", nullptr},
         {"STARTSWITH", {Str("flink"), Str("fl")}, "TRUE", "BOOLEAN NOT NULL"},
         {"ENDSWITH", {Bytes("\1\2"), Bytes("\1")}, "FALSE", nullptr},
         {"REPLACE", {Str("aaa"), Str("aa"), Str("b")}, "ba", "STRING NOT NULL"},
         {"REPLACE", {Str("日😀b"), Str(""), Str("-")}, "-日-?-?-b-", nullptr},
         {"TRANSLATE", {Str("abcba"), Str("aba"), Str("xyz")}, "xycyx", "STRING NOT NULL"},
         {"TRANSLATE", {Str("abcba"), Str("ab"), Str("x")}, "xcx", nullptr},
         {"TRANSLATE", {Str("abc"), Str("a"), NullStr()}, "bc", nullptr},
         {"TRANSLATE", {Str("abc"), NullStr(), Str("a")}, "abc", nullptr},
         {"TRANSLATE", {Str("a😀b"), Str("😀"), Str("E")}, "aEb", nullptr}});
}

TEST_F(StringFunctions, Split) {
  Check({{"SPLIT", {Str("a,b,,c"), Str(",")}, "[a, b, , c]", "ARRAY<STRING> NOT NULL"},
         {"SPLIT", {Str("日😀"), Str("")}, "[日, ?, ?]", nullptr},
         {"SPLIT", {Str("a,b,"), Str(",")}, "[a, b, ]", nullptr},
         {"SPLIT_INDEX", {Str("a;b"), Int(59), Int(1)}, "b", "STRING"},
         {"SPLIT_INDEX", {Str(""), Str(","), Int(0)}, "<NULL>", nullptr},
         {"SPLIT_INDEX", {Str("a,b"), Str(","), Int(-1)}, "<NULL>", nullptr},
         {"SPLIT_INDEX", {Str("a--b--c"), Str("--"), Int(1)}, "b", nullptr},
         {"STR_TO_MAP", {Str("k1$$v1|k2$$v2"), Str("\\|"), Str("\\$\\$")}, "{k1=v1, k2=v2}", "MAP<STRING, STRING>"},
         {"STR_TO_MAP",
          {Str("zeta=1,alpha=2,beta=3,gamma=4,delta=5")},
          "{zeta=1, delta=5, beta=3, gamma=4, alpha=2}",
          nullptr},
         {"STR_TO_MAP", {Str("a,b=1,,c=")}, "{=NULL, a=NULL, b=1, c=}", nullptr},
         {"STR_TO_MAP", {Str("a=b=c")}, "{a=b=c}", nullptr},
         {"STR_TO_MAP", {Str("")}, "{}", nullptr}});
}

TEST_F(StringFunctions, Encoding) {
  Check({{"TO_BASE64", {Bytes("\x01\x02\xff")}, "AQL/", "STRING NOT NULL"},
         {"FROM_BASE64", {Str("aGVsbG8")}, "hello", nullptr},
         {"FROM_BASE64", {Str("!!")}, "ERROR FROM_BASE64: Illegal base64 character 21", nullptr},
         {"FROM_BASE64",
          {Str("a")},
          "ERROR FROM_BASE64: Input byte[] should at least have 2 bytes for base64 bytes",
          nullptr},
         {"ENCODE", {Str("aé"), Str("UTF-16")}, "x'feff006100e9'", "BYTES NOT NULL"},
         {"ENCODE", {Str("aé"), Str("US-ASCII")}, "x'613f'", nullptr},
         {"DECODE", {Bytes("a\xff"), Str("UTF-8")}, "a\uFFFD", "STRING NOT NULL"},
         {"DECODE", {Bytes("\xfe\xff\0a"), Str("UTF-16")}, "", nullptr},
         {"URL_ENCODE", {Str("a b/é?*-_.~+")}, "a+b%2F%C3%A9%3F*-_.%7E%2B", "STRING"},
         {"URL_DECODE", {Str("a+b%2F%C3%A9")}, "a b/é", "STRING"},
         {"URL_DECODE", {Str("%zz")}, "<NULL>", nullptr},
         {"URL_DECODE", {Str("%C3")}, "\uFFFD", nullptr}});
}

TEST_F(StringFunctions, Addresses) {
  const char* full = "https://user:pw@example.com:8443/a/b.html?x=1&y=two%20words&x=3#frag";
  Check({{"PARSE_URL", {Str(full), Str("HOST")}, "example.com", "STRING"},
         {"PARSE_URL", {Str(full), Str("AUTHORITY")}, "user:pw@example.com:8443", nullptr},
         {"PARSE_URL", {Str(full), Str("USERINFO")}, "user:pw", nullptr},
         {"PARSE_URL", {Str(full), Str("FILE")}, "/a/b.html?x=1&y=two%20words&x=3", nullptr},
         {"PARSE_URL", {Str(full), Str("QUERY"), Str("y")}, "two%20words", nullptr},
         {"PARSE_URL", {Str(full), Str("REF")}, "frag", nullptr},
         {"PARSE_URL", {Str("not a url"), Str("HOST")}, "<NULL>", nullptr},
         {"PARSE_URL", {Str("http://[::1]:80/"), Str("HOST")}, "[::1]", nullptr},
         {"PARSE_URL", {Str("mailto:a@b.c"), Str("PATH")}, "a@b.c", nullptr},
         {"PARSE_URL", {Str("http://h/?a=&b&=c"), Str("QUERY"), Str("a")}, "", nullptr},
         {"PARSE_URL", {Str("HTTP://Example.COM/Path"), Str("PROTOCOL")}, "http", nullptr},
         {"INET_ATON", {Str("127.1")}, "2130706433", "BIGINT"},
         {"INET_ATON", {Str("01.02.03.004")}, "16909060", nullptr},
         {"INET_ATON", {Str("1..2")}, "<NULL>", nullptr},
         {"INET_NTOA", {Int(16909060)}, "1.2.3.4", nullptr}});
}

TEST_F(StringFunctions, Printf) {
  Check({{"PRINTF", {Str("%d %s"), Int(1), Str("a")}, "1 a", "STRING"},
         {"PRINTF", {Str("%5.2f|%x|%c"), Dbl(1.5), Int(255), Int(65)}, " 1.50|ff|A", nullptr},
         {"PRINTF", {Str("%d"), Str("a")}, "<NULL>", nullptr},
         {"PRINTF", {Str("%s %s"), Int(1)}, "<NULL>", nullptr},
         {"PRINTF", {Str("%s"), NullStr()}, "null", nullptr},
         {"PRINTF",
          {Str("%05d|%,d|%-5s|%2$s %1$s"), Int(42), Int(1234567), Str("a")},
          "00042|1,234,567|a    |1234567 42",
          nullptr},
         {"PRINTF", {Str("%e %%"), Dbl(12345.678)}, "1.234568e+04 %", nullptr}});
}

TEST_F(StringFunctions, Like) {
  Check({{"LIKE", {Str("a😀c"), Str("a_c")}, "TRUE", "BOOLEAN NOT NULL"},
         {"LIKE", {Str("a\nb"), Str("a_b")}, "FALSE", nullptr},
         {"LIKE", {Str("a%b"), Str("a!%b"), Str("!")}, "TRUE", nullptr},
         {"LIKE", {Str("axb"), Str("a!%b"), Str("!")}, "FALSE", nullptr},
         {"LIKE", {Str("aaa"), Str("%a%a%a%")}, "TRUE", nullptr},
         {"LIKE", {Str("aa"), Str("%a%a%a%")}, "FALSE", nullptr},
         {"LIKE", {Str("abcab"), Str("a%_b")}, "TRUE", nullptr},
         {"LIKE", {Str(""), Str("_")}, "FALSE", nullptr},
         {"LIKE", {Str(""), Str("%")}, "TRUE", nullptr},
         {"LIKE", {Str("x"), Str("a!xb"), Str("!")}, "ERROR Invalid escape sequence 'a!xb', 1", nullptr},
         {"LIKE", {Str("x"), Str("a%"), Str("!!")}, "ERROR Invalid escape character '!!'", nullptr},
         {"SIMILAR TO", {Str("abc"), Str("(a|b)%c")}, "TRUE", nullptr},
         {"SIMILAR TO", {Str("ab1"), Str("[[:ALPHA:]]+[[:DIGIT:]]")}, "TRUE", nullptr},
         {"SIMILAR TO", {Str("abc"), Str("a")}, "FALSE", nullptr},
         {"SIMILAR TO", {Str("a%c"), Str("a\\%c"), Str("\\")}, "TRUE", nullptr}});
}

TEST_F(StringFunctions, JavaPatterns) {
  const std::vector<std::pair<const char*, const char*>> match = {
      {"ABC", "(?i)abc"},         {"a.b", "\\Qa.b\\E"},
      {"é", "\\p{IsAlphabetic}"}, {"日", "\\p{IsHan}"},
      {"a", "\\p{Lower}"},        {"É", "(?iu)é"},
      {"a", "[a-z&&[^b]]"},       {"ab", "\\bab\\b"},
      {"a-b", "[\\w-]+"},         {"a", "\\p{javaLowerCase}"},
      {"abab", "(?<n>ab)\\k<n>"}, {"aaa", "a++"},
      {"x", "[^a-c&&[a-z]]"},     {"b", "[a[bc]]"},
      {"😀", "\\ud83d\\ude00"},    {"a]", "a\\]"},
  };
  for (const auto& [text, pattern] : match) Check({{"REGEXP", {Str(text), Str(pattern)}, "TRUE", nullptr}});
  const std::vector<std::pair<const char*, const char*>> no_match = {
      {"é", "[[:alpha:]]"}, {"٣", "\\d"}, {"é", "\\w"}, {"a\nb", "a.b"},       {"b", "[a-z&&[^b]]"},
      {"abc", ""},          {"", ""},     {"a", "("},   {"ab", "^(?!.*b).*$"}, {"x", "[^[a-z]]"},
  };
  for (const auto& [text, pattern] : no_match) Check({{"REGEXP", {Str(text), Str(pattern)}, "FALSE", nullptr}});
}

TEST_F(StringFunctions, Regexp) {
  Check({{"REGEXP_EXTRACT", {Str("foothebar"), Str("foo(.*?)(bar)"), Int(2)}, "bar", "STRING"},
         {"REGEXP_EXTRACT", {Str("abc"), Str("(x)?abc"), Int(1)}, "<NULL>", nullptr},
         {"REGEXP_EXTRACT", {Str("abc"), Str("b"), Int(-1)}, "<NULL>", nullptr},
         {"REGEXP_REPLACE", {Str("abc"), Str("x*"), Str("-")}, "-a-b-c-", "STRING NOT NULL"},
         {"REGEXP_REPLACE", {Str("aaa"), Str("a"), Str("$0$0")}, "$0$0$0$0$0$0", nullptr},
         {"REGEXP_REPLACE", {Str("abc"), Str("["), Str("-")}, "<NULL>", nullptr},
         {"REGEXP_EXTRACT_ALL", {Str("a1b22c333"), Str("([a-z])(\\d+)"), Int(2)}, "[1, 22, 333]", "ARRAY<STRING>"},
         {"REGEXP_EXTRACT_ALL", {Str("abc"), Str("b")}, "<NULL>", nullptr},
         {"REGEXP_EXTRACT_ALL", {Str("abc"), Str("(\\d)")}, "[]", nullptr},
         {"REGEXP_EXTRACT_ALL", {Str("abc"), Str("(x)?b")}, "[NULL]", nullptr},
         {"REGEXP_COUNT", {Str("abc"), Str("")}, "4", "INT"},
         {"REGEXP_COUNT", {Str("aaaa"), Str("aa")}, "2", nullptr},
         {"REGEXP_INSTR", {Str("日😀b"), Str("b")}, "4", nullptr},
         {"REGEXP_INSTR", {Str("abc"), Str("x")}, "0", nullptr},
         {"REGEXP_SUBSTR", {Str("abc123"), Str("\\d+")}, "123", nullptr},
         {"REGEXP_SUBSTR", {Str("abc"), Str("(")}, "<NULL>", nullptr}});
}

TEST_F(StringFunctions, RunawayPatternFailsInsteadOfHanging) {
  const std::string text(40, 'a');
  const Answer answer = CallForTest(registry_, "REGEXP", {Str(text + "b"), Str("(a|aa)+(a|aa)+(a|aa)+$")});
  EXPECT_NE(answer.text.find("takes too many steps"), std::string::npos) << answer.text;
}

TEST_F(StringFunctions, Hash) {
  Check({{"MD5", {Str("a")}, "0cc175b9c0f1b6a831c399e269772661", "CHAR(32) NOT NULL"},
         {"MD5", {Bytes("a")}, "0cc175b9c0f1b6a831c399e269772661", nullptr},
         {"SHA1", {Str("a")}, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", "CHAR(40) NOT NULL"},
         {"SHA2",
          {Str("a"), Int(224)},
          "abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5",
          "VARCHAR(128) NOT NULL"},
         {"MD5", {Int(1)}, "ERROR Cannot apply 'MD5(<STRING>)'", nullptr}});
}

}  // namespace
}  // namespace sluice::engine
