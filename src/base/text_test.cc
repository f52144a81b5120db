#include "base/text.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TextTest, TrimTakesBlanksOffTheEndsOnly) {
  EXPECT_EQ(Trim(" \t\r\n a b\x01 "), "a b");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\xc3\xa9 "), "\xc3\xa9") << "bytes of UTF-8 are no blanks";
}

}  // namespace
}  // namespace sluice
