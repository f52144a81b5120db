// The shapes of the kinesisanalyticsv2 API as tables, generated from AWS's model file (generate_shapes.py).
// Documents stay JSON values; these tables say what is valid in them (validate.h).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace sluice::service {

enum class ShapeType : uint8_t { kStructure, kString, kList, kMap, kInteger, kLong, kBoolean, kTimestamp, kBlob };

struct Member {
  std::string_view name;
  uint16_t shape;  // index into AllShapes()
  bool required;
};

/// min and max bound the length of strings, lists, maps and (decoded) blobs, and the value of numbers.
struct Shape {
  std::string_view name;
  ShapeType type = ShapeType::kStructure;
  std::span<const Member> members = {};
  std::span<const std::string_view> enum_values = {};
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view pattern = {};
  uint16_t element = 0;  // of lists, and the values of maps
  uint16_t key = 0;      // of maps
  bool exception = false;
  bool fault = false;  // an exception that is the service's fault
};

struct Operation {
  std::string_view name;
  uint16_t input;  // indices into AllShapes()
  uint16_t output;
  std::span<const std::string_view> errors;
};

std::span<const Shape> AllShapes();
std::span<const Operation> AllOperations();
/// "KinesisAnalytics_20180523".
std::string_view TargetPrefix();

/// Null when there is none of that name. Names are sorted: a binary search.
const Shape* FindShape(std::string_view name);
const Operation* FindOperation(std::string_view name);

}  // namespace sluice::service
