#include "engine/state/manifest.h"

#include <fmt/format.h>

#include "engine/state/checksum.h"
#include "engine/state/manifest_bytes.h"

namespace sluice::engine {
namespace {

constexpr std::string_view kMagic = "SLUICE\x01M";  // 8 bytes
constexpr uint32_t kVersion = 1;
constexpr size_t kHeader = 8 + 4 + 4 + 8;  // magic, version, reserved, length of the body
constexpr size_t kSealed = kHeader + 8;    // and the checksum behind the body
constexpr uint64_t kMaxParallelism = 32768;

// --- encoding

FieldWriter Encode(const StatePiece& piece) {
  FieldWriter out;
  out.Text(piece.file);
  out.Number(piece.offset);
  out.Number(piece.length);
  out.Fixed(piece.checksum);
  out.Text(piece.bytes);
  return out;
}

FieldWriter Encode(const TableSnapshot& table) {
  FieldWriter out;
  out.Text(table.name);
  out.Number(table.namespaced ? 1 : 0);
  out.Signed(table.name_space);
  out.Number(table.table_id);
  out.Number(table.entries);
  out.Text(table.key_types);
  out.Text(table.payload);
  return out;
}

template <typename T>
void EncodeAll(const std::vector<T>& elements, FieldWriter& out);

FieldWriter Encode(const StateSnapshot& state) {
  FieldWriter out;
  out.Text(state.backend);
  out.Number(state.key_groups.first);
  out.Number(state.key_groups.last);
  out.Number(state.max_parallelism);
  EncodeAll(state.tables, out);
  out.Number(state.values.size());
  for (const auto& [name, bytes] : state.values) {
    out.Text(name);
    out.Text(bytes);
  }
  EncodeAll(state.pieces, out);
  return out;
}

FieldWriter Encode(const InFlightBatch& batch) {
  FieldWriter out;
  out.Signed(batch.input);
  out.Signed(batch.producer);
  out.Text(batch.bytes);
  return out;
}

FieldWriter Encode(const SubtaskSnapshot& subtask) {
  FieldWriter out;
  out.Number((subtask.finished ? 1u : 0u) | (subtask.state ? 2u : 0u));
  out.Text(subtask.position);
  out.Number(subtask.prepared.size());
  for (const std::string& prepared : subtask.prepared) out.Text(prepared);
  EncodeAll(subtask.in_flight, out);
  if (subtask.state) out.Record(Encode(*subtask.state));
  return out;
}

FieldWriter Encode(const VertexSnapshotData& vertex) {
  FieldWriter out;
  out.Text(vertex.uid);
  out.Text(vertex.name);
  EncodeAll(vertex.subtasks, out);
  return out;
}

template <typename T>
void EncodeAll(const std::vector<T>& elements, FieldWriter& out) {
  out.Number(elements.size());
  for (const T& element : elements) out.Record(Encode(element));
}

// --- decoding

void Decode(FieldReader& in, StatePiece& piece) {
  piece.file = in.Text();
  piece.offset = in.Number();
  piece.length = in.Number();
  piece.checksum = in.Fixed();
  piece.bytes = in.Text();
}

void Decode(FieldReader& in, TableSnapshot& table) {
  table.name = in.Text();
  table.namespaced = in.Bounded(1) != 0;
  table.name_space = in.Signed();
  table.table_id = in.Number();
  table.entries = in.Number();
  table.key_types = in.Text();
  table.payload = in.Text();
}

template <typename T>
void DecodeAll(FieldReader& in, std::vector<T>& elements);

void Decode(FieldReader& in, StateSnapshot& state) {
  state.backend = in.Text();
  state.key_groups.first = static_cast<uint32_t>(in.Bounded(kMaxParallelism - 1));
  state.key_groups.last = static_cast<uint32_t>(in.Bounded(kMaxParallelism - 1));
  state.max_parallelism = static_cast<uint32_t>(in.Bounded(kMaxParallelism));
  DecodeAll(in, state.tables);
  for (uint64_t count = in.Count(); count > 0 && in.ok(); --count) {
    std::string name(in.Text());
    state.values[std::move(name)] = in.Text();
  }
  DecodeAll(in, state.pieces);
}

void Decode(FieldReader& in, InFlightBatch& batch) {
  batch.input = static_cast<int>(in.Signed());
  batch.producer = static_cast<int>(in.Signed());
  batch.bytes = in.Text();
}

void Decode(FieldReader& in, SubtaskSnapshot& subtask) {
  const uint64_t flags = in.Number();
  subtask.finished = (flags & 1) != 0;
  subtask.position = in.Text();
  for (uint64_t count = in.Count(); count > 0 && in.ok(); --count) subtask.prepared.emplace_back(in.Text());
  DecodeAll(in, subtask.in_flight);
  if ((flags & 2) == 0) return;
  FieldReader record = in.Record();
  Decode(record, subtask.state.emplace());
  if (!record.ok()) in.Fail();
}

void Decode(FieldReader& in, VertexSnapshotData& vertex) {
  vertex.uid = in.Text();
  vertex.name = in.Text();
  DecodeAll(in, vertex.subtasks);
}

template <typename T>
void DecodeAll(FieldReader& in, std::vector<T>& elements) {
  for (uint64_t count = in.Count(); count > 0 && in.ok(); --count) {
    FieldReader record = in.Record();
    Decode(record, elements.emplace_back());
    if (!record.ok()) in.Fail();
  }
}

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t k = bytes.size(); k > 0; --k) value = value << 8 | static_cast<uint8_t>(bytes[k - 1]);
  return value;
}

void AppendLittleEndian(uint64_t value, int bytes, std::string& out) {
  for (int k = 0; k < bytes; ++k) out += static_cast<char>(value >> (8 * k));
}

Error Corrupt(const std::string& where, const std::string& what) {
  return Error(ErrorCode::kCorrupt, fmt::format("the manifest '{}' is damaged: {}", where, what));
}

/// The body, after everything around it has been checked.
Result<std::string_view> Unseal(std::string_view bytes, const std::string& where) {
  if (bytes.size() < kSealed) return Corrupt(where, fmt::format("it is only {} bytes long", bytes.size()));
  if (!bytes.starts_with(kMagic)) return Corrupt(where, "it does not begin as a checkpoint manifest of Sluice");
  const uint64_t length = LittleEndian(bytes.substr(16, 8));
  if (length != bytes.size() - kSealed) {
    return Corrupt(where, fmt::format("{} bytes of content expected, {} there", length, bytes.size() - kSealed));
  }
  const std::string_view covered = bytes.substr(0, kHeader + length);
  if (StateChecksum(covered) != LittleEndian(bytes.substr(covered.size(), 8))) {
    return Corrupt(where, "its checksum is wrong");
  }
  const uint64_t version = LittleEndian(bytes.substr(8, 4));
  if (version == 0) return Corrupt(where, "it has format version 0");
  if (version > kVersion) {
    return Error(ErrorCode::kRestore,
                 fmt::format("the manifest '{}' has format version {}; this version of Sluice reads "
                             "up to {}. Restore with the newer version that wrote it.",
                             where, version, kVersion));
  }
  return covered.substr(kHeader);
}

}  // namespace

std::string EncodeManifest(const CheckpointManifest& manifest) {
  FieldWriter body;
  body.Signed(manifest.checkpoint_id);
  body.Signed(manifest.timestamp_ms);
  body.Number(manifest.savepoint ? 1 : 0);
  body.Text(manifest.job_name);
  body.Text(manifest.engine_version);
  body.Number(static_cast<uint64_t>(manifest.max_parallelism));
  EncodeAll(manifest.vertices, body);

  std::string out(kMagic);
  AppendLittleEndian(kVersion, 4, out);
  AppendLittleEndian(0, 4, out);
  AppendLittleEndian(body.bytes().size(), 8, out);
  out += body.bytes();
  AppendLittleEndian(StateChecksum(out), 8, out);
  return out;
}

Result<CheckpointManifest> DecodeManifest(std::string_view bytes, const std::string& where) {
  SLUICE_ASSIGN_OR_RETURN(const std::string_view body, Unseal(bytes, where));
  FieldReader in(body);
  CheckpointManifest manifest;
  manifest.checkpoint_id = in.Signed();
  manifest.timestamp_ms = in.Signed();
  manifest.savepoint = (in.Number() & 1) != 0;
  manifest.job_name = in.Text();
  manifest.engine_version = in.Text();
  manifest.max_parallelism = static_cast<int>(in.Bounded(kMaxParallelism));
  DecodeAll(in, manifest.vertices);
  if (!in.ok()) return Corrupt(where, "a field is longer than the file or out of range");
  return manifest;
}

}  // namespace sluice::engine
