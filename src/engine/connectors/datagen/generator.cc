#include "engine/connectors/datagen/generator.h"

#include <algorithm>
#include <cmath>

#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine::datagen {

uint64_t Dice::Next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

namespace {

class Sequence : public Generator {
 public:
  explicit Sequence(int64_t start) : start_(start) {}
  void Fill(Column& column, size_t i, const RowFacts& facts, Dice&) override {
    const int64_t v = start_ + facts.number;
    switch (column.physical()) {
      case PhysicalType::kFloat: column.data<float>()[i] = static_cast<float>(v); return;
      case PhysicalType::kDouble: column.data<double>()[i] = static_cast<double>(v); return;
      case PhysicalType::kInt128: {
        const DecimalResult d = DecimalFromInt(v, column.type().precision(), column.type().scale());
        if (d) {
          column.data<int128_t>()[i] = *d;
        } else {
          column.SetNull(i);
        }
        return;
      }
      case PhysicalType::kString: column.SetString(i, std::to_string(v)); return;
      default: text::StoreInt(column, i, v);
    }
  }

 private:
  const int64_t start_;
};

/// Random kinds share the share of NULLs.
class RandomValue : public Generator {
 public:
  explicit RandomValue(double null_rate) : null_rate_(null_rate) {}
  void Fill(Column& column, size_t i, const RowFacts& facts, Dice& dice) final {
    if (null_rate_ > 0 && dice.Unit() <= null_rate_) {
      SetNullBelow(column, i);
    } else {
      FillValue(column, i, facts, dice);
    }
  }

 protected:
  virtual void FillValue(Column& column, size_t i, const RowFacts& facts, Dice& dice) = 0;

 private:
  static void SetNullBelow(Column& column, size_t i) {
    column.SetNull(i);
    if (column.physical() != PhysicalType::kRow) return;
    for (size_t k = 0; k < column.child_count(); ++k) SetNullBelow(*column.child(k), i);
  }
  const double null_rate_;
};

class RandomBoolean : public RandomValue {
 public:
  using RandomValue::RandomValue;

 protected:
  void FillValue(Column& column, size_t i, const RowFacts&, Dice& dice) override {
    column.data<uint8_t>()[i] = dice.Next() & 1;
  }
};

class RandomInteger : public RandomValue {
 public:
  RandomInteger(double null_rate, int64_t min, int64_t max) : RandomValue(null_rate), min_(min), max_(max) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts&, Dice& dice) override {
    const uint64_t span = static_cast<uint64_t>(max_) - static_cast<uint64_t>(min_) + 1;
    const uint64_t step = span == 0 ? dice.Next() : dice.Below(span);
    text::StoreInt(column, i, static_cast<int64_t>(static_cast<uint64_t>(min_) + step));
  }

 private:
  const int64_t min_, max_;
};

class RandomFloating : public RandomValue {
 public:
  RandomFloating(double null_rate, double min, double max) : RandomValue(null_rate), min_(min), max_(max) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts&, Dice& dice) override {
    const double u = dice.Unit();
    const double v = u * max_ + (1 - u) * min_;
    if (column.physical() == PhysicalType::kFloat) {
      column.data<float>()[i] = static_cast<float>(v);
    } else if (column.physical() == PhysicalType::kDouble) {
      column.data<double>()[i] = v;
    } else {
      const DecimalResult d = DecimalFromDouble(v, column.type().precision(), column.type().scale());
      if (d) {
        column.data<int128_t>()[i] = *d;
      } else {
        column.SetNull(i);
      }
    }
  }

 private:
  const double min_, max_;
};

class RandomText : public RandomValue {
 public:
  RandomText(double null_rate, size_t length, bool variable)
      : RandomValue(null_rate), length_(length), variable_(variable) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts&, Dice& dice) override {
    constexpr char kHex[] = "0123456789abcdef";
    const size_t size = variable_ && length_ > 1 ? 1 + dice.Below(length_ - 1) : length_;
    scratch_.resize(size);
    uint64_t bits = 0;
    const bool text = column.type().is_character();
    for (size_t k = 0; k < size; ++k) {
      if (k % 8 == 0) bits = dice.Next();
      scratch_[k] = text ? kHex[bits & 15] : static_cast<char>(bits);
      bits >>= 8;
    }
    column.SetString(i, scratch_);
  }

 private:
  const size_t length_;
  const bool variable_;
  std::string scratch_;
};

/// A time up to `max_past_ms` before now.
class RecentTime : public RandomValue {
 public:
  RecentTime(double null_rate, int64_t max_past_ms) : RandomValue(null_rate), max_past_ms_(max_past_ms) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts& facts, Dice& dice) override {
    const int64_t past = max_past_ms_ > 0 ? static_cast<int64_t>(dice.Below(static_cast<uint64_t>(max_past_ms_))) : 0;
    const int64_t ms = facts.now_ms - past;
    switch (column.type().kind()) {
      case TypeKind::kDate: column.data<int32_t>()[i] = static_cast<int32_t>(FloorDiv(ms, kMillisPerDay)); return;
      case TypeKind::kTime: column.data<int32_t>()[i] = static_cast<int32_t>(FloorMod(ms, kMillisPerDay)); return;
      default: text::StoreTimestamp(column, i, Timestamp{ms, 0, 0});
    }
  }

 private:
  const int64_t max_past_ms_;
};

class RandomList : public RandomValue {
 public:
  RandomList(double null_rate, size_t length, std::vector<std::unique_ptr<Generator>> children)
      : RandomValue(null_rate), length_(length), children_(std::move(children)) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts& facts, Dice& dice) override {
    const size_t offset = column.child(0)->size();
    for (size_t c = 0; c < column.child_count(); ++c) {
      Column& child = *column.child(c);
      child.Resize(offset + length_);
      for (size_t k = 0; k < length_; ++k) {
        if (c < children_.size()) {
          children_[c]->Fill(child, offset + k, facts, dice);
        } else {
          child.data<int32_t>()[offset + k] = static_cast<int32_t>(dice.Below(1000));  // a MULTISET's count
        }
      }
    }
    column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(length_)};
  }

 private:
  const size_t length_;
  std::vector<std::unique_ptr<Generator>> children_;
};

class RandomRow : public RandomValue {
 public:
  RandomRow(double null_rate, std::vector<std::unique_ptr<Generator>> children)
      : RandomValue(null_rate), children_(std::move(children)) {}

 protected:
  void FillValue(Column& column, size_t i, const RowFacts& facts, Dice& dice) override {
    for (size_t k = 0; k < children_.size(); ++k) children_[k]->Fill(*column.child(k), i, facts, dice);
  }

 private:
  std::vector<std::unique_ptr<Generator>> children_;
};

class Maker {
 public:
  Maker(const DataType& type, const std::string& prefix, const OptionMap& options, std::set<std::string>& known)
      : type_(type), prefix_(prefix), options_(options), known_(known) {}

  Result<GeneratorSpec> Make() {
    known_.insert(Name("kind"));
    const std::string kind = text::StringOption(options_, Name("kind"), "random");
    if (options_.contains(Name("var-len")) && !is_variable()) {
      return Error(ErrorCode::kOption,
                   "Only supports specifying 'fields.#.var-len' option for variable-length types "
                   "(VARCHAR/STRING/VARBINARY/BYTES). The type of field '" +
                       FieldName() + "' is not within this range.");
    }
    if (kind == "sequence") return MakeSequence();
    if (kind != "random") return Error(ErrorCode::kOption, "Unsupported generator kind: " + kind);
    return MakeRandom();
  }

 private:
  std::string Name(std::string_view option) const { return prefix_ + "." + std::string(option); }
  std::string FieldName() const { return prefix_.substr(prefix_.find('.') + 1); }
  bool is_variable() const { return type_.kind() == TypeKind::kVarchar || type_.kind() == TypeKind::kVarbinary; }

  Result<GeneratorSpec> MakeSequence() {
    if (!type_.is_numeric() && !type_.is_character()) return GeneratorSpec{std::make_unique<Sequence>(0), 0};
    known_.insert(Name("start"));
    known_.insert(Name("end"));
    for (const char* bound : {"start", "end"}) {
      if (!options_.contains(Name(bound))) {
        return Error(ErrorCode::kOption,
                     "Could not find required property '" + Name(bound) + "' for sequence generator.");
      }
    }
    SLUICE_ASSIGN_OR_RETURN(const int64_t start, text::IntOption(options_, Name("start"), 0, 64));
    SLUICE_ASSIGN_OR_RETURN(const int64_t end, text::IntOption(options_, Name("end"), 0, 64));
    const int64_t rows =
        start > end ? 0
                    : static_cast<int64_t>(std::min<uint64_t>(static_cast<uint64_t>(end) - static_cast<uint64_t>(start),
                                                              std::numeric_limits<int64_t>::max() - 1)) +
                          1;
    return GeneratorSpec{std::make_unique<Sequence>(start), rows};
  }

  Result<GeneratorSpec> MakeRandom() {
    if (type_.kind() == TypeKind::kDate || type_.kind() == TypeKind::kTime) {
      return GeneratorSpec{std::make_unique<RecentTime>(0, 0)};
    }
    known_.insert(Name("null-rate"));
    SLUICE_ASSIGN_OR_RETURN(const std::optional<double> null_rate, text::DoubleOption(options_, Name("null-rate")));
    null_rate_ = static_cast<float>(null_rate.value_or(0));
    if (type_.is_nested()) return MakeNested();
    if (type_.is_character() || type_.is_binary()) return MakeText();
    if (type_.is_timestamp()) {
      known_.insert(Name("max-past"));
      SLUICE_ASSIGN_OR_RETURN(const auto past, text::DurationOption(options_, Name("max-past")));
      return GeneratorSpec{std::make_unique<RecentTime>(null_rate_, past.value_or(0))};
    }
    if (type_.kind() == TypeKind::kBoolean) return GeneratorSpec{std::make_unique<RandomBoolean>(null_rate_)};
    known_.insert(Name("min"));
    known_.insert(Name("max"));
    if (type_.is_exact_integer() || type_.is_interval()) return MakeInteger();
    if (type_.is_numeric()) return MakeFloating();
    return Error(ErrorCode::kValidation, "Unsupported type: " + type_.ToString());
  }

  Error BadBounds(const std::string& low, const std::string& high) const {
    return Error(ErrorCode::kOption, "lower bound (" + low + ") must be strictly less than upper bound (" + high + ")");
  }

  Result<GeneratorSpec> MakeInteger() {
    const int bits = static_cast<int>(PhysicalWidth(type_.physical())) * 8;
    const int64_t top = bits == 64 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << (bits - 1)) - 1;
    SLUICE_ASSIGN_OR_RETURN(const int64_t min, text::IntOption(options_, Name("min"), -top - 1, bits));
    SLUICE_ASSIGN_OR_RETURN(const int64_t max, text::IntOption(options_, Name("max"), top, bits));
    if (min > max) return BadBounds(std::to_string(min), std::to_string(max));
    return GeneratorSpec{std::make_unique<RandomInteger>(null_rate_, min, max)};
  }

  Result<GeneratorSpec> MakeFloating() {
    double low = std::numeric_limits<double>::min(), high = std::numeric_limits<double>::max();
    if (type_.kind() == TypeKind::kFloat) {
      low = std::numeric_limits<float>::min();
      high = std::numeric_limits<float>::max();
    } else if (type_.kind() == TypeKind::kDecimal) {
      high = std::pow(10.0, type_.precision() - type_.scale()) - std::pow(10.0, -type_.scale());
      low = -high;
    }
    SLUICE_ASSIGN_OR_RETURN(const auto min, text::DoubleOption(options_, Name("min")));
    SLUICE_ASSIGN_OR_RETURN(const auto max, text::DoubleOption(options_, Name("max")));
    if (!(min.value_or(low) < max.value_or(high))) {
      return BadBounds(DoubleToString(min.value_or(low)), DoubleToString(max.value_or(high)));
    }
    return GeneratorSpec{std::make_unique<RandomFloating>(null_rate_, min.value_or(low), max.value_or(high))};
  }

  Result<GeneratorSpec> MakeText() {
    known_.insert(Name("length"));
    SLUICE_ASSIGN_OR_RETURN(const int64_t custom, text::IntOption(options_, Name("length"), -1, 32));
    const bool is_custom = options_.contains(Name("length"));
    if (!is_variable()) {
      if (is_custom) {
        return Error(ErrorCode::kOption,
                     "Custom length for fixed-length type (CHAR/BINARY) field '" + FieldName() + "' is not supported.");
      }
      return GeneratorSpec{std::make_unique<RandomText>(null_rate_, static_cast<size_t>(type_.length()), false)};
    }
    known_.insert(Name("var-len"));
    SLUICE_ASSIGN_OR_RETURN(const bool variable, text::BoolOption(options_, Name("var-len"), false));
    int64_t length = type_.length() == kMaxLength ? 100 : type_.length();
    if (is_custom) {
      if (custom > type_.length()) {
        return Error(ErrorCode::kOption, "Custom length '" + std::to_string(custom) +
                                             "' for variable-length type (VARCHAR/STRING/VARBINARY/BYTES) field '" +
                                             FieldName() + "' should be shorter than '" +
                                             std::to_string(type_.length()) + "' defined in the schema.");
      }
      if (custom <= 0) return Error(ErrorCode::kOption, "length (" + std::to_string(custom) + ")");
      length = custom;
    }
    return GeneratorSpec{std::make_unique<RandomText>(null_rate_, static_cast<size_t>(length), variable)};
  }

  Result<GeneratorSpec> MakeNested() {
    std::vector<std::string> names;
    if (type_.kind() == TypeKind::kRow) {
      for (const RowField& f : type_.fields()) names.push_back(f.name);
    } else if (type_.kind() == TypeKind::kMap) {
      names = {"key", "value"};
    } else {
      names = {"element"};
    }
    std::vector<std::unique_ptr<Generator>> children;
    for (size_t k = 0; k < names.size(); ++k) {
      SLUICE_ASSIGN_OR_RETURN(GeneratorSpec spec, MakeGenerator(type_.child(k), Name(names[k]), options_, known_));
      children.push_back(std::move(spec.generator));
    }
    if (type_.kind() == TypeKind::kRow) {
      return GeneratorSpec{std::make_unique<RandomRow>(null_rate_, std::move(children))};
    }
    known_.insert(Name("length"));
    SLUICE_ASSIGN_OR_RETURN(const int64_t length, text::IntOption(options_, Name("length"), 3, 32));
    if (length < 0) return Error(ErrorCode::kOption, "length (" + std::to_string(length) + ")");
    return GeneratorSpec{std::make_unique<RandomList>(null_rate_, static_cast<size_t>(length), std::move(children))};
  }

  const DataType& type_;
  const std::string& prefix_;
  const OptionMap& options_;
  std::set<std::string>& known_;
  double null_rate_ = 0;
};

}  // namespace

Result<GeneratorSpec> MakeGenerator(const DataType& type, const std::string& prefix, const OptionMap& options,
                                    std::set<std::string>& known) {
  return Maker(type, prefix, options, known).Make();
}

}  // namespace sluice::engine::datagen
