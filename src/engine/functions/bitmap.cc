// BITMAP functions: sets of 32-bit integers, ordered as unsigned numbers. As bytes they are in Roaring's portable
// format (github.com/RoaringBitmap/RoaringFormatSpec), without run containers when written.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "engine/functions/collection_functions.h"
#include "engine/functions/opaque_types.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

DataType BitmapType() { return DataType::Raw("BITMAP"); }
bool IsBitmap(const DataType& t) { return t.Nullable() == BitmapType(); }

std::vector<uint32_t> BitmapMembers(std::string_view text) {
  std::vector<uint32_t> out;
  uint32_t value = 0;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      value = value * 10 + static_cast<uint32_t>(c - '0');
    } else if ((c == ',' || c == '}') && text.size() > 2) {
      out.push_back(value);
      value = 0;
    }
  }
  return out;
}

std::string BitmapText(const std::vector<uint32_t>& members) { return fmt::format("{{{}}}", fmt::join(members, ",")); }

namespace {

using Members = std::vector<uint32_t>;  // ascending, each once

void SetMembers(const RowCall& call, const Members& members) { call.Set(std::string_view(BitmapText(members))); }

constexpr uint32_t kCookie = 12346, kCookieWithRuns = 12347;
constexpr size_t kArrayLimit = 4096;  // larger containers are bit sets
constexpr size_t kBitSetBytes = 8192;
constexpr size_t kNoOffsetLimit = 4;  // fewer containers than this have no offsets if there are runs

void Append16(std::string& out, uint32_t v) {
  out += static_cast<char>(v & 0xFF);
  out += static_cast<char>(v >> 8 & 0xFF);
}
void Append32(std::string& out, uint32_t v) {
  Append16(out, v & 0xFFFF);
  Append16(out, v >> 16);
}

std::string Serialise(const Members& members) {
  std::vector<std::pair<size_t, size_t>> containers;  // ranges of members with the same upper half
  for (size_t i = 0; i < members.size();) {
    size_t end = i;
    while (end < members.size() && members[end] >> 16 == members[i] >> 16) ++end;
    containers.emplace_back(i, end);
    i = end;
  }
  std::string out;
  Append32(out, kCookie);
  Append32(out, static_cast<uint32_t>(containers.size()));
  for (auto [first, last] : containers) {
    Append16(out, members[first] >> 16);
    Append16(out, static_cast<uint32_t>(last - first - 1));
  }
  size_t offset = out.size() + 4 * containers.size();
  for (auto [first, last] : containers) {
    Append32(out, static_cast<uint32_t>(offset));
    offset += last - first > kArrayLimit ? kBitSetBytes : 2 * (last - first);
  }
  for (auto [first, last] : containers) {
    if (last - first <= kArrayLimit) {
      for (size_t i = first; i < last; ++i) Append16(out, members[i] & 0xFFFF);
      continue;
    }
    std::string bits(kBitSetBytes, '\0');
    for (size_t i = first; i < last; ++i) {
      char& byte = bits[(members[i] & 0xFFFF) / 8];
      byte = static_cast<char>(byte | 1 << members[i] % 8);
    }
    out += bits;
  }
  return out;
}

/// Little-endian numbers from bytes; reading behind the end makes it bad and gives zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool bad() const { return bad_; }
  std::string_view Bytes(size_t n) {
    if (n > bytes_.size()) {
      bad_ = true;
      return {};
    }
    const std::string_view out = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return out;
  }
  uint32_t Number(size_t n) {
    uint32_t v = 0;
    const std::string_view b = Bytes(n);
    for (size_t i = 0; i < b.size(); ++i) v |= uint32_t{static_cast<unsigned char>(b[i])} << 8 * i;
    return v;
  }

 private:
  std::string_view bytes_;
  bool bad_ = false;
};

void ReadContainer(Reader& in, bool run, size_t count, uint32_t upper, Members& out) {
  if (run) {
    const uint32_t runs = in.Number(2);
    for (uint32_t k = 0; k < runs && !in.bad(); ++k) {
      const uint32_t start = in.Number(2), more = in.Number(2);
      for (uint32_t i = 0; i <= more && start + i <= 0xFFFF; ++i) out.push_back(upper | (start + i));
    }
  } else if (count <= kArrayLimit) {
    for (size_t i = 0; i < count && !in.bad(); ++i) out.push_back(upper | in.Number(2));
  } else {
    const std::string_view bits = in.Bytes(kBitSetBytes);
    for (uint32_t i = 0; i < bits.size() * 8; ++i) {
      if ((static_cast<unsigned char>(bits[i / 8]) >> i % 8 & 1) != 0) out.push_back(upper | i);
    }
  }
}

std::optional<Members> Deserialise(std::string_view bytes) {
  Reader in(bytes);
  const uint32_t cookie = in.Number(4);
  size_t count = 0;
  std::string_view runs;
  if (cookie == kCookie) {
    count = in.Number(4);
  } else if ((cookie & 0xFFFF) == kCookieWithRuns) {
    count = (cookie >> 16) + 1;
    runs = in.Bytes((count + 7) / 8);
  } else {
    return std::nullopt;
  }
  if (in.bad() || count > 0x10000) return std::nullopt;
  std::vector<std::pair<uint32_t, size_t>> headers;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t upper = in.Number(2) << 16;
    headers.emplace_back(upper, in.Number(2) + 1);
  }
  if (runs.empty() || count >= kNoOffsetLimit) in.Bytes(4 * count);
  Members out;
  for (size_t i = 0; i < count && !in.bad(); ++i) {
    const bool run = !runs.empty() && (static_cast<unsigned char>(runs[i / 8]) >> i % 8 & 1) != 0;
    ReadContainer(in, run, headers[i].second, headers[i].first, out);
  }
  const bool ordered = std::adjacent_find(out.begin(), out.end(), std::greater_equal<>()) == out.end();
  return in.bad() || !ordered ? std::nullopt : std::optional(std::move(out));
}

// --- the functions

void Build(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  Members out;
  for (size_t k = 0; k < list.length; ++k) {
    const size_t i = list[k];
    if (list.column.IsNull(i)) continue;
    int32_t v = 0;
    switch (list.column.physical()) {
      case PhysicalType::kInt8: v = list.column.at<int8_t>(i); break;
      case PhysicalType::kInt16: v = list.column.at<int16_t>(i); break;
      default: v = list.column.at<int32_t>(i);
    }
    out.push_back(static_cast<uint32_t>(v));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  SetMembers(call, out);
}

void Cardinality(const RowCall& call) { call.Set(static_cast<int64_t>(BitmapMembers(call.string(0)).size())); }
void ToText(const RowCall& call) { call.Set(call.string(0)); }
void ToBytes(const RowCall& call) { call.Set(std::string_view(Serialise(BitmapMembers(call.string(0))))); }

void ToArray(const RowCall& call) {
  ListWriter list(call);
  const Members members = BitmapMembers(call.string(0));
  const ColumnPtr values = Column::Make(DataType::Integer(), members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    values->data<int32_t>()[i] = static_cast<int32_t>(members[i]);
    list.Append(*values, i);
  }
  list.Finish();
}

void FromBytes(const RowCall& call) {
  const auto members = Deserialise(call.string(0));
  if (!members) return call.Fail(ErrorCode::kData, "BITMAP_FROM_BYTES: Failed to deserialize bitmap from bytes.");
  SetMembers(call, *members);
}

using Combine = std::back_insert_iterator<Members> (*)(Members::const_iterator, Members::const_iterator,
                                                       Members::const_iterator, Members::const_iterator,
                                                       std::back_insert_iterator<Members>);

template <Combine combine>
void Combined(const RowCall& call) {
  const Members a = BitmapMembers(call.string(0)), b = BitmapMembers(call.string(1));
  Members out;
  combine(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  SetMembers(call, out);
}

bool BuildsFrom(const DataType& t) {
  return t.kind() == TypeKind::kArray && t.element().is_exact_integer() && t.element().kind() != TypeKind::kBigint;
}

}  // namespace

void AddBitmapFunctions(FunctionRegistry& r) {
  using Accepts = bool (*)(const DataType&);
  auto add = [&](const char* name, const char* text, const char* example, int args, Accepts accepts, DataType result,
                 const char* takes, auto kernel) {
    ScalarFunction f;
    f.name = name;
    f.family = "bitmap";
    f.text = text;
    f.examples = {example};
    f.min_args = f.max_args = args;
    f.resolve = [=, n = f.name](const CallInfo& call) -> Result<std::optional<Signature>> {
      Signature s{result.WithNullable(AnyNullable(call)), call.args};
      for (DataType& t : s.args) {
        if (t.kind() == TypeKind::kNull) t = BitmapType();
        if (!accepts(t)) {
          return InvalidCall(n, call,
                             fmt::format("Invalid input arguments. Expected signatures are:\n{}({})", n, takes));
        }
      }
      return std::optional(std::move(s));
    };
    f.make = MakeEachRow(kernel);
    r.Add(std::move(f));
  };
  const char* one = "BITMAP";
  const char* two = "BITMAP, BITMAP";
  add("BITMAP_BUILD", "The set of the array's elements; NULLs are left out.", "BITMAP_BUILD(ARRAY[3, 1, 3]) = {1,3}", 1,
      BuildsFrom, BitmapType(), "ARRAY<INT>", Build);
  add("BITMAP_CARDINALITY", "The number of members.", "BITMAP_CARDINALITY(BITMAP_BUILD(ARRAY[3, 1, 3])) = 2", 1,
      IsBitmap, DataType::Bigint(), one, Cardinality);
  add("BITMAP_TO_STRING", "The members as text, in unsigned order.",
      "BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[-1, 1])) = {1,4294967295}", 1, IsBitmap, DataType::String(), one, ToText);
  add("BITMAP_TO_ARRAY", "The members, in unsigned order.", "BITMAP_TO_ARRAY(BITMAP_BUILD(ARRAY[-1, 1])) = [1, -1]", 1,
      IsBitmap, DataType::Array(DataType::Integer()), one, ToArray);
  add("BITMAP_TO_BYTES", "Roaring's portable format.",
      "BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[1, 5])) = x'3a30000001000000000001001000000001000500'", 1, IsBitmap,
      DataType::Bytes(), one, ToBytes);
  add(
      "BITMAP_FROM_BYTES", "The bitmap of BITMAP_TO_BYTES.",
      "BITMAP_FROM_BYTES(BITMAP_TO_BYTES(BITMAP_BUILD(ARRAY[1, 5]))) = {1,5}", 1,
      [](const DataType& t) { return t.is_binary(); }, BitmapType(), "<BINARY_STRING>", FromBytes);
  using In = Members::const_iterator;
  using Out = std::back_insert_iterator<Members>;
  add("BITMAP_AND", "The members of both.", "BITMAP_AND(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])) = {2}", 2,
      IsBitmap, BitmapType(), two, Combined<std::set_intersection<In, In, Out>>);
  add("BITMAP_OR", "The members of either.",
      "BITMAP_OR(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])) = {1,2,3}", 2, IsBitmap, BitmapType(), two,
      Combined<std::set_union<In, In, Out>>);
  add("BITMAP_XOR", "The members of one of the two only.",
      "BITMAP_XOR(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])) = {1,3}", 2, IsBitmap, BitmapType(), two,
      Combined<std::set_symmetric_difference<In, In, Out>>);
  add("BITMAP_ANDNOT", "The members of the first that the second has not.",
      "BITMAP_ANDNOT(BITMAP_BUILD(ARRAY[1, 2]), BITMAP_BUILD(ARRAY[2, 3])) = {1}", 2, IsBitmap, BitmapType(), two,
      Combined<std::set_difference<In, In, Out>>);
}

}  // namespace sluice::engine
