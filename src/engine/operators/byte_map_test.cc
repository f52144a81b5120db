#include "engine/operators/byte_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace sluice::engine {
namespace {

std::string Text(const std::byte* value, size_t bytes) { return {reinterpret_cast<const char*>(value), bytes}; }

void Put(ByteMap& map, const std::string& key, const std::string& value, bool expect_new) {
  auto [at, inserted] = map.Set(key, value.size());
  EXPECT_EQ(inserted, expect_new) << key;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(at) % 8, 0u);
  std::memcpy(at, value.data(), value.size());
}

std::vector<std::pair<std::string, std::string>> Entries(const ByteMap& map) {
  std::vector<std::pair<std::string, std::string>> out;
  map.ForEach([&](std::string_view key, std::byte* value, size_t bytes) { out.emplace_back(key, Text(value, bytes)); });
  return out;
}

TEST(ByteMap, EmptyKeysAndValues) {
  ByteMap map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.Find(""), nullptr);
  EXPECT_FALSE(map.Erase(""));
  Put(map, "", "", true);
  EXPECT_NE(map.Find(""), nullptr);
  EXPECT_EQ(map.size(), 1u);
  EXPECT_TRUE(map.Erase(""));
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(Entries(map).empty());
}

TEST(ByteMap, AReplacedValueKeepsItsPlace) {
  ByteMap map;
  Put(map, "a", "1", true);
  Put(map, "b", "2", true);
  Put(map, "a", "a longer value than before", false);
  Put(map, "c", "3", true);
  Put(map, "a", "one that is longer still, once more", false);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a", "one that is longer still, once more"}, {"b", "2"}, {"c", "3"}};
  EXPECT_EQ(Entries(map), expected);
  EXPECT_EQ(map.size(), 3u);
}

/// Against a vector in order of insertion.
class ByteMapModel {
 public:
  explicit ByteMapModel(uint32_t seed) : random_(seed) {}

  void Step(size_t keys) {
    const std::string key = "k" + std::to_string(random_() % keys);
    auto at = std::find_if(model_.begin(), model_.end(), [&](const auto& e) { return e.first == key; });
    const uint32_t what = random_() % 100;
    if (what < 55) {
      const std::string value(random_() % 40, static_cast<char>('a' + random_() % 26));
      Put(map_, key, value, at == model_.end());
      if (at == model_.end()) {
        model_.emplace_back(key, value);
      } else {
        at->second = value;
      }
    } else if (what < 95) {
      EXPECT_EQ(map_.Erase(key), at != model_.end());
      if (at != model_.end()) model_.erase(at);
    } else {
      auto odd = [](std::string_view k) { return (k.back() & 1) != 0; };
      map_.EraseIf([&](std::string_view k, std::byte*, size_t) { return odd(k); });
      std::erase_if(model_, [&](const auto& e) { return odd(e.first); });
    }
  }

  void Check() {
    EXPECT_EQ(map_.size(), model_.size());
    EXPECT_EQ(Entries(map_), model_);
    for (const auto& [key, value] : model_) {
      const std::byte* found = map_.Find(key);
      ASSERT_NE(found, nullptr) << key;
      EXPECT_EQ(Text(found, value.size()), value);
    }
    EXPECT_EQ(map_.Find("absent"), nullptr);
  }

 private:
  std::mt19937 random_;
  ByteMap map_;
  std::vector<std::pair<std::string, std::string>> model_;
};

TEST(ByteMap, LikeAModel) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    ByteMapModel model(seed);
    for (int step = 0; step < 600; ++step) {
      model.Step(seed % 2 == 0 ? 6 : 200);
      if (step % 40 == 0) model.Check();
    }
    model.Check();
  }
}

}  // namespace
}  // namespace sluice::engine
