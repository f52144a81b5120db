#include "base/result.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Error(ErrorCode::kInvalidArgument, "odd", {3, 4});
  return n / 2;
}

Result<int> Quarter(int n) {
  SLUICE_ASSIGN_OR_RETURN(int half, Half(n));
  return Half(half);
}

TEST(ResultTest, ValueAndErrorPassThrough) {
  EXPECT_EQ(Quarter(8).value(), 2);
  auto odd = Quarter(6);
  ASSERT_FALSE(odd.ok());
  EXPECT_EQ(odd.error().ToString(), "INVALID_ARGUMENT at line 3, column 4: odd");
  EXPECT_EQ(odd.error().WithContext("n").message(), "n: odd");
  EXPECT_EQ(odd.error().At({1, 1}).position(), (TextPosition{3, 4}));
}

TEST(ResultTest, CatalogueNamesAreStable) {
  EXPECT_EQ(ErrorCodeName(ErrorCode::kResourceExhausted), "RESOURCE_EXHAUSTED");
  EXPECT_FALSE(ErrorCodeText(ErrorCode::kIo).empty());
}

}  // namespace
}  // namespace sluice
