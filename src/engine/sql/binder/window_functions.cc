#include "engine/sql/binder/window_functions.h"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/sql/binder/aggregate_rules.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

/// A day-time interval literal in ms. `call`: the call up to this argument, for messages.
Result<int64_t> IntervalArgument(const std::string& window, const std::string& call, const std::string& usage,
                                 const ast::Expr& e, ExprBinder& binder) {
  SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, binder.Bind(e));
  if (!bound->type.is_interval()) {
    return Invalid(fmt::format("Cannot apply '{}' to arguments of type '{}, <{}>)'. Supported form(s): {}",
                               call.substr(0, call.find('(')), call, bound->type.ToCalciteString(), usage),
                   e.position);
  }
  if (bound->kind != ExprKind::kLiteral || bound->type.kind() != TypeKind::kIntervalDayTime || bound->value.is_null()) {
    return Invalid(
        fmt::format("{} window only supports day-time interval literals as size, slide, step and offset; got {}",
                    window, bound->type.ToCalciteString()),
        e.position);
  }
  return bound->value.as_int();
}

/// RECORDTYPE(INTEGER A, …), as Calcite shows a table argument.
std::string RecordType(const Schema& schema) {
  std::string out;
  for (const RowField& f : schema) {
    out += (out.empty() ? "" : ", ") + ArgumentTypeText(f.type) + " " + UpperCase(f.name);
  }
  return "RECORDTYPE(" + out + ")";
}

std::string UsageOf(const std::string& name) {
  if (name == "TUMBLE") return "TUMBLE(TABLE table_name, DESCRIPTOR(timecol), datetime interval[, datetime interval])";
  if (name == "HOP") {
    return "HOP(TABLE table_name, DESCRIPTOR(timecol), datetime interval, datetime interval[, datetime interval])";
  }
  if (name == "CUMULATE") {
    return "CUMULATE(TABLE table_name, DESCRIPTOR(timecol), datetime interval, datetime interval[, datetime interval])";
  }
  return "SESSION(TABLE table_name [PARTITION BY (keycols, ...)], DESCRIPTOR(timecol), datetime interval)";
}

Status CheckSizes(const std::string& name, const WindowSpec& w, TextPosition position) {
  if (name == "HOP") {
    if (w.size_ms <= 0 || w.slide_ms <= 0) {
      return Invalid(
          fmt::format("HOP table function based aggregate requires slide and size to be positive, but got slide {} "
                      "ms and size {} ms.",
                      w.slide_ms, w.size_ms),
          position);
    }
  } else if (name == "CUMULATE") {
    if (w.size_ms <= 0 || w.slide_ms <= 0) {
      return Invalid(
          fmt::format("CUMULATE table function based aggregate requires maxSize and step to be positive, but got "
                      "maxSize {} ms and step {} ms.",
                      w.size_ms, w.slide_ms),
          position);
    }
    if (w.size_ms % w.slide_ms != 0) {
      return Invalid(
          fmt::format("CUMULATE table function based aggregate requires maxSize must be an integral multiple of "
                      "step, but got maxSize {} ms and step {} ms",
                      w.size_ms, w.slide_ms),
          position);
    }
  } else if (w.size_ms <= 0) {
    return Invalid(fmt::format("{} table function based aggregate requires {} to be positive, but got {} ms.", name,
                               name == "SESSION" ? "gap" : "size", w.size_ms),
                   position);
  }
  return {};
}

/// True if the column is a time attribute moved by an interval: its type still says so, but it is one no more.
bool ComputedTime(const Rel& rel, int column) {
  if (rel.kind == RelKind::kFilter) return ComputedTime(*rel.inputs[0], column);
  if (rel.kind != RelKind::kProject) return false;
  const Expr& e = *static_cast<const ProjectRel&>(rel).expressions[static_cast<size_t>(column)];
  if (e.kind == ExprKind::kInput) return ComputedTime(*rel.inputs[0], e.input);
  return e.kind == ExprKind::kCall && e.type.is_rowtime();
}

std::string ZoneFor(const DataType& time, const BindContext& context) {
  return time.kind() == TypeKind::kTimestampLtz ? context.facts->time_zone : "";
}

int ColumnNamed(const Schema& schema, const std::string& name) {
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

/// DESCRIPTOR(column): the one column that it names.
Result<int> DescribedColumn(const std::string& name, const Schema& schema, const ast::Expr& argument,
                            ExprBinder& binder, TextPosition position) {
  if (argument.kind != ast::ExprKind::kDescriptor) {
    if (auto bound = binder.Bind(argument); !bound.ok()) return bound.error();
    return Invalid(
        fmt::format("Cannot apply '{}': the second argument must be DESCRIPTOR(timecol). Supported form(s): {}", name,
                    UsageOf(name)),
        argument.position);
  }
  const auto& descriptor = static_cast<const ast::DescriptorExpr&>(argument);
  if (descriptor.columns.size() != 1) {
    return Invalid(
        fmt::format("{} needs exactly one time column in DESCRIPTOR. Supported form(s): {}", name, UsageOf(name)),
        position);
  }
  const std::string column = descriptor.columns[0].ToString();
  const int index = ColumnNamed(schema, column);
  if (index < 0) return Invalid(fmt::format("Unknown identifier '{}'", column), descriptor.position);
  return index;
}

/// The column is a time; in streaming a time attribute.
Status CheckTimeColumn(const std::string& name, const Rel& input, int column, bool batch, TextPosition position) {
  const RowField& field = input.schema[static_cast<size_t>(column)];
  const DataType& time = field.type;
  if (!time.is_timestamp()) {
    return Invalid(
        fmt::format("The window function {} requires the timecol to be TIMESTAMP or TIMESTAMP_LTZ, but '{}' is {}.\n"
                    "Besides, the timecol must be a time attribute type in streaming mode.",
                    UsageOf(name), field.name, time.ToCalciteString()),
        position);
  }
  const bool computed = ComputedTime(input, column);
  if (batch || ((time.is_rowtime() || time.is_proctime()) && !computed)) return {};
  // A time moved by an interval has milliseconds at least, and is no attribute any more.
  DataType shown = time.WithTimeAttribute(TimeAttribute::kNone);
  if (computed && shown.kind() == TypeKind::kTimestamp && shown.precision() < 3) shown = DataType::TimestampType(3);
  return Invalid(fmt::format("The window function {} requires the timecol is a time attribute type, but is {}.",
                             UsageOf(name), shown.ToString(false)),
                 position);
}

/// A window is moved by less than what it repeats after.
Status CheckOffset(const std::string& name, const WindowSpec& w, TextPosition position) {
  if (w.kind == WindowKind::kSession) return {};
  const bool tumble = w.kind == WindowKind::kTumble;
  const int64_t period = tumble ? w.size_ms : w.slide_ms;
  if (std::abs(w.offset_ms) < period) return {};
  const char* what = tumble ? "size" : w.kind == WindowKind::kHop ? "slide" : "step";
  return Invalid(
      fmt::format("{} table function parameters must satisfy abs(offset) < {}, but got {} {} ms and offset {} ms.",
                  name, what, what, period, w.offset_ms),
      position);
}

/// PARTITION BY of a session's table.
Status SetPartition(const std::string& name, const std::vector<std::string>& keys, const Schema& schema, WindowSpec& w,
                    TextPosition position) {
  if (w.kind != WindowKind::kSession && !keys.empty()) {
    return Invalid(fmt::format("Only tables with set semantics may be partitioned. Invalid PARTITION BY clause in the "
                               "0-th operand of table function '{}'",
                               name),
                   position);
  }
  for (const std::string& key : keys) {
    const int found = ColumnNamed(schema, key);
    if (found < 0) return Invalid(fmt::format("Column '{}' not found in any table", key), position);
    w.partition_keys.push_back(found);
  }
  return {};
}

/// The input's columns, then the window's.
Schema WithWindowColumns(Schema schema, const DataType& time) {
  const DataType bound = DataType::TimestampType(3).NotNull();
  const DataType end = (time.kind() == TypeKind::kTimestampLtz ? DataType::TimestampLtz(3) : bound).NotNull();
  schema.push_back({"window_start", bound, ""});
  schema.push_back({"window_end", bound, ""});
  schema.push_back({"window_time", end.WithTimeAttribute(time.time_attribute()), ""});
  return schema;
}

}  // namespace

Result<WindowSpec> BindGroupWindowSpec(const std::string& name, const ast::CallExpr& call, const ExprPtr& time,
                                       ExprBinder& binder, const BindContext& context) {
  const size_t expected = name == "HOP" ? 3 : 2;
  if (call.arguments.size() > expected) {
    return Invalid(fmt::format("{} window with alignment is not supported yet.", name), call.position);
  }
  if (call.arguments.size() < expected) {
    return Invalid(
        fmt::format("Invalid number of arguments to function '{}'. Was expecting {} arguments", name, expected),
        call.position);
  }
  if (!time->type.is_datetime()) {
    return Invalid(fmt::format("Cannot apply '${0}' to arguments of type '${0}(<{1}>, <INTERVAL SECOND>)'. Supported "
                               "form(s): '${0}(<DATETIME>, "
                               "<DATETIME_INTERVAL>)'\n'${0}(<DATETIME>, <DATETIME_INTERVAL>, <TIME>)'",
                               name, time->type.ToCalciteString()),
                   call.position);
  }
  const bool timed = time->type.is_rowtime() || time->type.is_proctime();
  if (!timed && !(context.batch && time->type.is_timestamp())) {
    return Invalid("Window aggregate can only be defined over a time attribute column, but " + time->type.ToString() +
                       " encountered.",
                   call.position);
  }
  WindowSpec w;
  w.processing_time = time->type.is_proctime();
  w.time_zone = ZoneFor(time->type, context);
  const std::string shown = "$" + name + "(<" + ArgumentTypeText(time->type) + ">";
  auto interval = [&](size_t i) {
    const std::string usage =
        fmt::format("'${0}(<DATETIME>, <DATETIME_INTERVAL>)'\n'${0}(<DATETIME>, <DATETIME_INTERVAL>, <TIME>)'", name);
    return IntervalArgument(name, shown, usage, *call.arguments[i], binder);
  };
  if (name == "HOP") {
    w.kind = WindowKind::kHop;
    SLUICE_ASSIGN_OR_RETURN(w.slide_ms, interval(1));
    SLUICE_ASSIGN_OR_RETURN(w.size_ms, interval(2));
  } else {
    w.kind = name == "TUMBLE" ? WindowKind::kTumble : WindowKind::kSession;
    SLUICE_ASSIGN_OR_RETURN(w.size_ms, interval(1));
  }
  SLUICE_RETURN_IF_ERROR(CheckSizes(name, w, call.position));
  return w;
}

Result<RelPtr> BindWindowTableFunction(const std::string& name, RelPtr input,
                                       const std::vector<const ast::Expr*>& arguments,
                                       const std::vector<std::string>& partition_by, ExprBinder& binder,
                                       const BindContext& context, TextPosition position) {
  const size_t sizes = name == "TUMBLE" || name == "SESSION" ? 1 : 2;
  if (arguments.size() < sizes + 1 || arguments.size() > sizes + (name == "SESSION" ? 1 : 2)) {
    return Invalid(
        fmt::format("Invalid number of arguments to function '{}'. Supported form(s): {}", name, UsageOf(name)),
        position);
  }
  auto rel = std::make_shared<WindowRel>();
  WindowSpec& w = rel->window;
  SLUICE_ASSIGN_OR_RETURN(w.time_column, DescribedColumn(name, input->schema, *arguments[0], binder, position));
  SLUICE_RETURN_IF_ERROR(CheckTimeColumn(name, *input, w.time_column, context.batch, arguments[0]->position));
  const DataType& time = input->schema[static_cast<size_t>(w.time_column)].type;
  w.processing_time = time.is_proctime();
  w.time_zone = ZoneFor(time, context);
  auto interval = [&](size_t i) {
    const std::string shown = name + "(<" + RecordType(input->schema) + ">, <COLUMN_LIST>";
    return IntervalArgument(name, shown, UsageOf(name), *arguments[i], binder);
  };
  if (sizes == 1) {
    w.kind = name == "TUMBLE" ? WindowKind::kTumble : WindowKind::kSession;
    SLUICE_ASSIGN_OR_RETURN(w.size_ms, interval(1));
  } else {
    w.kind = name == "HOP" ? WindowKind::kHop : WindowKind::kCumulate;
    SLUICE_ASSIGN_OR_RETURN(w.slide_ms, interval(1));
    SLUICE_ASSIGN_OR_RETURN(w.size_ms, interval(2));
  }
  if (arguments.size() > sizes + 1 && arguments[sizes + 1] != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(w.offset_ms, interval(sizes + 1));
  }
  SLUICE_RETURN_IF_ERROR(CheckSizes(name, w, position));
  SLUICE_RETURN_IF_ERROR(CheckOffset(name, w, position));
  SLUICE_RETURN_IF_ERROR(SetPartition(name, partition_by, input->schema, w, position));
  rel->schema = WithWindowColumns(input->schema, time);
  rel->inputs = {std::move(input)};
  rel->position = position;
  return RelPtr(rel);
}

}  // namespace sluice::engine::sql
