// libFuzzer entry: any bytes parse or fail cleanly, and what parses unparses to text that parses to the same text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/sql/parser/parser.h"
#include "engine/sql/parser/unparse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::engine::sql;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParseScript(text);
  auto first = ParseStatement(text);
  if (!first.ok()) return 0;
  std::string canonical = Unparse(**first);
  auto second = ParseStatement(canonical);
  if (!second.ok() || Unparse(**second) != canonical) std::abort();
  return 0;
}
