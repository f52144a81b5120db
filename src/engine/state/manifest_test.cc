#include "engine/state/manifest.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/files.h"
#include "engine/state/checksum.h"

namespace sluice::engine {
namespace {

StatePiece Piece(std::string file, uint64_t offset, uint64_t length, uint64_t checksum) {
  StatePiece piece;
  piece.file = std::move(file);
  piece.offset = offset;
  piece.length = length;
  piece.checksum = checksum;
  return piece;
}

/// Every field of every structure, none with its default. What the file tests/formats/manifest_v1.hex holds; never
/// change it.
CheckpointManifest Sample() {
  CheckpointManifest manifest;
  manifest.checkpoint_id = 42;
  manifest.timestamp_ms = 1'700'000'000'123;
  manifest.savepoint = true;
  manifest.job_name = "insert-into_täglich";
  manifest.engine_version = "0.1.0";
  manifest.max_parallelism = 720;
  VertexSnapshotData source{.uid = "source-1", .name = "Source: orders[1]", .subtasks = {}};
  SubtaskSnapshot& reader = source.subtasks.emplace_back();
  reader.position = std::string("\0\1\2\xff", 4);
  source.subtasks.emplace_back().finished = true;
  manifest.vertices.push_back(source);

  VertexSnapshotData aggregate{.uid = "group-2", .name = "GroupAggregate[2]", .subtasks = {}};
  SubtaskSnapshot& subtask = aggregate.subtasks.emplace_back();
  subtask.prepared = {"part-0-1", "", "part-0-2"};
  subtask.in_flight.push_back({.input = 1, .producer = 2, .bytes = "rows"});
  StateSnapshot& state = subtask.state.emplace();
  state.backend = "memory";
  state.key_groups = {.first = 360, .last = 719};
  state.max_parallelism = 720;
  TableSnapshot plain{.name = "accumulators", .key_types = "BIGINT, VARCHAR(10)", .payload = "agg:COUNT,SUM(BIGINT)"};
  plain.table_id = 7;
  plain.entries = 1'000'000;
  TableSnapshot window = plain;
  window.name = "windows";
  window.namespaced = true;
  window.name_space = -3'600'000;
  state.tables = {plain, window};
  state.values = {{"watermark", std::string(8, '\x7f')}, {"", "empty name"}};
  state.pieces.push_back(Piece("0123abcd/shared/group-2-1-41", 0, 1ull << 40, 0xFEDCBA9876543210ull));
  state.pieces.push_back(Piece("", 0, 5, StateChecksum("short")));
  state.pieces.back().bytes = "short";
  manifest.vertices.push_back(aggregate);
  return manifest;
}

void ExpectSame(const CheckpointManifest& a, const CheckpointManifest& b) {
  EXPECT_EQ(a.checkpoint_id, b.checkpoint_id);
  EXPECT_EQ(a.timestamp_ms, b.timestamp_ms);
  EXPECT_EQ(a.savepoint, b.savepoint);
  EXPECT_EQ(a.job_name, b.job_name);
  EXPECT_EQ(a.engine_version, b.engine_version);
  EXPECT_EQ(a.max_parallelism, b.max_parallelism);
  ASSERT_EQ(a.vertices.size(), b.vertices.size());
  for (size_t v = 0; v < a.vertices.size(); ++v) {
    EXPECT_EQ(a.vertices[v].uid, b.vertices[v].uid);
    EXPECT_EQ(a.vertices[v].name, b.vertices[v].name);
    ASSERT_EQ(a.vertices[v].subtasks.size(), b.vertices[v].subtasks.size());
    for (size_t s = 0; s < a.vertices[v].subtasks.size(); ++s) {
      const SubtaskSnapshot &x = a.vertices[v].subtasks[s], &y = b.vertices[v].subtasks[s];
      EXPECT_EQ(x.finished, y.finished);
      EXPECT_EQ(x.position, y.position);
      EXPECT_EQ(x.prepared, y.prepared);
      ASSERT_EQ(x.in_flight.size(), y.in_flight.size());
      for (size_t k = 0; k < x.in_flight.size(); ++k) {
        EXPECT_EQ(x.in_flight[k].input, y.in_flight[k].input);
        EXPECT_EQ(x.in_flight[k].producer, y.in_flight[k].producer);
        EXPECT_EQ(x.in_flight[k].bytes, y.in_flight[k].bytes);
      }
      ASSERT_EQ(x.state.has_value(), y.state.has_value());
      if (!x.state) continue;
      EXPECT_EQ(x.state->backend, y.state->backend);
      EXPECT_EQ(x.state->key_groups.first, y.state->key_groups.first);
      EXPECT_EQ(x.state->key_groups.last, y.state->key_groups.last);
      EXPECT_EQ(x.state->max_parallelism, y.state->max_parallelism);
      EXPECT_EQ(x.state->tables, y.state->tables);
      EXPECT_EQ(x.state->values, y.state->values);
      EXPECT_EQ(x.state->pieces, y.state->pieces);
    }
  }
}

/// The same bytes with a checksum and length that fit them, so that mutations get past the seal.
std::string Reseal(std::string bytes) {
  if (bytes.size() < 32) return bytes;
  bytes.resize(bytes.size() - 8);
  const uint64_t length = bytes.size() - 24;
  for (size_t k = 0; k < 8; ++k) bytes[16 + k] = static_cast<char>(length >> (8 * k));
  const uint64_t checksum = StateChecksum(bytes);
  for (int k = 0; k < 8; ++k) bytes += static_cast<char>(checksum >> (8 * k));
  return bytes;
}

TEST(Manifest, ComesBackAsItWas) {
  const CheckpointManifest sample = Sample();
  auto decoded = DecodeManifest(EncodeManifest(sample), "chk-42/_metadata");
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  ExpectSame(sample, *decoded);

  auto empty = DecodeManifest(EncodeManifest({}), "chk-0/_metadata");
  ASSERT_TRUE(empty.ok());
  ExpectSame({}, *empty);
}

TEST(Manifest, VersionOneIsReadForEver) {
  auto hex = ReadFile(SLUICE_RELEASED_FORMATS "/manifest_v1.hex");
  ASSERT_TRUE(hex.ok()) << hex.error().ToString();
  std::string bytes;
  std::erase_if(*hex, [](char c) { return c == '\n'; });
  for (size_t k = 0; k + 1 < hex->size(); k += 2) {
    bytes += static_cast<char>(std::strtoul(hex->substr(k, 2).c_str(), nullptr, 16));
  }
  auto decoded = DecodeManifest(bytes, "golden");
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  ExpectSame(Sample(), *decoded);
}

TEST(Manifest, EveryCutIsRefusedWithTheFilesName) {
  const std::string bytes = EncodeManifest(Sample());
  for (size_t length = 0; length < bytes.size(); ++length) {
    auto decoded = DecodeManifest(std::string_view(bytes).substr(0, length), "chk-42/_metadata");
    ASSERT_FALSE(decoded.ok()) << length;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
    EXPECT_NE(decoded.error().message().find("'chk-42/_metadata'"), std::string::npos);
  }
}

TEST(Manifest, EveryFlippedBitIsRefused) {
  const std::string bytes = EncodeManifest(Sample());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto decoded = DecodeManifest(damaged, "x");
    ASSERT_FALSE(decoded.ok()) << bit;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(Manifest, ForgedBytesWithARightChecksumNeverCrash) {
  const std::string bytes = EncodeManifest(Sample());
  std::mt19937_64 random(20261122);
  int accepted = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string forged = bytes;
    const size_t changes = 1 + random() % 4;
    for (size_t k = 0; k < changes; ++k) {
      const size_t at = 24 + random() % (forged.size() - 32);
      switch (random() % 4) {
        case 0: forged[at] = static_cast<char>(random()); break;
        case 1: forged[at] = '\xff'; break;
        case 2: forged.erase(at, 1 + random() % 20); break;
        default: forged.insert(at, 1 + random() % 20, static_cast<char>(random())); break;
      }
      if (forged.size() < 64) break;
    }
    auto decoded = DecodeManifest(Reseal(std::move(forged)), "x");
    ++(decoded.ok() ? accepted : refused);
  }
  EXPECT_GT(accepted, 0);  // a changed letter of a name is still a manifest
  EXPECT_GT(refused, 0);
}

TEST(Manifest, RandomBytesNeverCrash) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (bytes.size() >= 32) bytes.replace(0, 12, std::string("SLUICE\x01M\1\0\0\0", 12));
    EXPECT_FALSE(DecodeManifest(bytes, "x").ok());
    (void)DecodeManifest(Reseal(bytes), "x");
  }
}

TEST(Manifest, AFutureVersionIsNotCalledDamaged) {
  std::string bytes = EncodeManifest(Sample());
  bytes[8] = 2;
  auto decoded = DecodeManifest(Reseal(bytes), "chk-42/_metadata");
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code(), ErrorCode::kRestore);
  EXPECT_EQ(
      decoded.error().message(),
      "the manifest 'chk-42/_metadata' has format version 2; this version of Sluice reads up to 1. Restore with the "
      "newer version that wrote it.");
}

TEST(Manifest, FieldsThatALaterReleaseAppendsAreSkipped) {
  // The job's own fields are a record too: more bytes behind the last vertex.
  std::string bytes = EncodeManifest(Sample());
  bytes.insert(bytes.size() - 8, "more");
  auto decoded = DecodeManifest(Reseal(bytes), "x");
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  ExpectSame(Sample(), *decoded);
}

}  // namespace
}  // namespace sluice::engine
