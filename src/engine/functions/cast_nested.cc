#include "engine/columnar/copy_rows.h"
#include "engine/functions/cast_kernels.h"

namespace sluice::engine {

namespace {

/// Casts the elements of `from` that `indices` names into a new dense column. owner[k] is the row that element k
/// belongs to: an element that fails fails its row.
ColumnPtr CastElements(EvalContext& context, const Kernel& kernel, const Column& from, const DataType& to,
                       const std::vector<uint32_t>& indices, const std::vector<uint32_t>& owner) {
  ColumnPtr picked = Column::Gather(from, indices.data(), indices.size());
  ColumnPtr out = Column::Make(to, indices.size());
  std::vector<uint32_t> valid;
  for (uint32_t k = 0; k < indices.size(); ++k) {
    if (picked->IsNull(k)) {
      out->SetNull(k);
    } else {
      valid.push_back(k);
    }
  }
  EvalContext inner(context.facts());
  inner.trying = context.trying;
  const ColumnPtr args[] = {picked};
  if (!valid.empty()) kernel(inner, args, Rows{valid.data(), valid.size()}, *out);
  for (uint32_t k : inner.failed_rows) context.Fail(owner[k], ErrorCode::kArithmetic, "");
  if (inner.failed()) context.Fail(owner.empty() ? 0 : owner[0], inner.error().code(), inner.error().message());
  return out;
}

Result<Kernel> CastLists(const DataType& from, const DataType& to, const SessionFacts& facts) {
  std::vector<Kernel> kernels;
  std::vector<DataType> targets;
  for (size_t c = 0; c < to.child_count(); ++c) {
    SLUICE_ASSIGN_OR_RETURN(Kernel k, CastKernel(from.child(c), to.child(c), facts));
    kernels.push_back(std::move(k));
    targets.push_back(to.child(c));
  }
  return Kernel(
      [kernels, targets](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
        const Column& a = *args[0];
        std::vector<uint32_t> indices, owner;
        rows.ForEach([&](size_t i) {
          const ListSlice slice = a.at<ListSlice>(i);
          out.data<ListSlice>()[i] = {static_cast<uint32_t>(indices.size()), slice.length};
          for (uint32_t k = 0; k < slice.length; ++k) {
            indices.push_back(slice.offset + k);
            owner.push_back(static_cast<uint32_t>(i));
          }
        });
        for (size_t c = 0; c < kernels.size(); ++c) {
          out.child(c) = CastElements(context, kernels[c], *a.child(c), targets[c], indices, owner);
        }
        // The counts of a MULTISET stay as they are.
        for (size_t c = kernels.size(); c < a.child_count(); ++c) {
          out.child(c) = Column::Gather(*a.child(c), indices.data(), indices.size());
        }
      });
}

Result<Kernel> CastRows(const DataType& from, const DataType& to, const SessionFacts& facts) {
  std::vector<Kernel> kernels;
  for (size_t c = 0; c < to.child_count(); ++c) {
    SLUICE_ASSIGN_OR_RETURN(Kernel k, CastKernel(from.child(c), to.child(c), facts));
    kernels.push_back(std::move(k));
  }
  return Kernel([kernels](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const ColumnPtr a = Column::Flatten(args[0]);
    for (size_t c = 0; c < kernels.size(); ++c) {
      const ColumnPtr field[] = {a->child(c)};
      std::vector<uint32_t> valid;
      rows.ForEach([&](size_t i) {
        if (field[0]->IsNull(i)) {
          out.child(c)->SetNull(i);
        } else {
          valid.push_back(static_cast<uint32_t>(i));
        }
      });
      if (!valid.empty()) kernels[c](context, field, Rows{valid.data(), valid.size()}, *out.child(c));
    }
  });
}

}  // namespace

Result<Kernel> CastNested(const DataType& from, const DataType& to, const SessionFacts& facts) {
  return to.kind() == TypeKind::kRow ? CastRows(from, to, facts) : CastLists(from, to, facts);
}

}  // namespace sluice::engine
