// Random messages, compared with what libprotobuf reads and writes.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <random>

#include "engine/formats/protobuf/protobuf_for_test.h"

namespace sluice::engine {
namespace {

using namespace protobuf::test;  // NOLINT: the test's own words

namespace pb = google::protobuf;

void SetKey(pb::Message& entry, uint32_t key) {
  const pb::FieldDescriptor* f = entry.GetDescriptor()->FindFieldByName("key");
  if (f->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
    entry.GetReflection()->SetString(&entry, f, std::string(key * 7, 'k'));
  } else {
    entry.GetReflection()->SetInt32(&entry, f, static_cast<int32_t>(key) - 2);
  }
}

/// Some fields of a message, in some way; `depth` bounds what refers to itself.
void Fill(pb::Message& message, std::mt19937& dice, int depth) {
  const pb::Reflection& r = *message.GetReflection();
  const pb::Descriptor& d = *message.GetDescriptor();
  const auto text = [&] { return std::string(dice() % 20, static_cast<char>('a' + dice() % 26)); };
  const auto number = [&] { return dice() % 3 == 0 ? dice() % 5 : static_cast<uint32_t>(dice()); };
  for (int k = 0; k < d.field_count(); ++k) {
    const pb::FieldDescriptor* f = d.field(k);
    if (f->name() == "next" || (!f->is_required() && dice() % 3 == 0)) continue;
    for (uint32_t n = f->is_repeated() ? dice() % 4 : 1; n > 0; --n) {
      const bool add = f->is_repeated();
      switch (f->cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_INT32: {
          const auto v = static_cast<int32_t>(number());
          add ? r.AddInt32(&message, f, v) : r.SetInt32(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_INT64: {
          const auto v = static_cast<int64_t>(uint64_t{number()} * (dice() % 2 == 0 ? UINT64_MAX : 4'000'000'000));
          add ? r.AddInt64(&message, f, v) : r.SetInt64(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_UINT32: r.SetUInt32(&message, f, number()); break;
        case pb::FieldDescriptor::CPPTYPE_UINT64: r.SetUInt64(&message, f, uint64_t{number()} << 32); break;
        case pb::FieldDescriptor::CPPTYPE_FLOAT: r.SetFloat(&message, f, static_cast<float>(number()) / 8); break;
        case pb::FieldDescriptor::CPPTYPE_DOUBLE: r.SetDouble(&message, f, number() / 7.0); break;
        case pb::FieldDescriptor::CPPTYPE_BOOL: r.SetBool(&message, f, dice() % 2 == 0); break;
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
          const auto* v = f->enum_type()->value(static_cast<int>(dice() % 2));
          add ? r.AddEnum(&message, f, v) : r.SetEnum(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_STRING:
          add ? r.AddString(&message, f, text()) : r.SetString(&message, f, text());
          break;
        case pb::FieldDescriptor::CPPTYPE_MESSAGE:
          if (depth > 0) Fill(add ? *r.AddMessage(&message, f) : *r.MutableMessage(&message, f), dice, depth - 1);
          if (depth > 0 && f->is_map()) SetKey(*r.MutableRepeatedMessage(&message, f, r.FieldSize(message, f) - 1), n);
          break;
      }
    }
  }
}

/// The table's rows of by_number and c have one of Inner's fields only.
void DropWhatTheTableHasNot(pb::Message& message) {
  const pb::Reflection& r = *message.GetReflection();
  const auto clear = [](pb::Message* inner) {
    inner->GetReflection()->ClearField(inner, inner->GetDescriptor()->FindFieldByName("values"));
  };
  const pb::FieldDescriptor* entries = message.GetDescriptor()->FindFieldByName("by_number");
  if (entries == nullptr) return;
  for (int k = 0; k < r.FieldSize(message, entries); ++k) {
    pb::Message* entry = r.MutableRepeatedMessage(&message, entries, k);
    clear(entry->GetReflection()->MutableMessage(entry, entry->GetDescriptor()->FindFieldByName("value")));
  }
  const pb::FieldDescriptor* c = message.GetDescriptor()->FindFieldByName("c");
  if (r.HasField(message, c)) clear(r.MutableMessage(&message, c));
}

TEST(Protobuf, RandomMessagesAsLibprotobufHasThem) {
  std::mt19937 dice(7);
  for (const char* proto : {kEverything, kOld}) {
    Library library(proto);
    const Schema schema = AllOf(proto);
    for (int n = 0; n < 300; ++n) {
      auto message = library.New(MessageOf(proto));
      Fill(*message, dice, 2);
      DropWhatTheTableHasNot(*message);
      std::string bytes;
      ASSERT_TRUE(message->SerializeToString(&bytes));
      const Read read = Decode(schema, Options(proto), bytes);
      auto again = std::unique_ptr<pb::Message>(message->New());
      ASSERT_TRUE(again->ParseFromString(Encode(schema, Options(proto), read.batch))) << read.row;
      // Columns that are not nullable in proto3 have their defaults written where presence counts.
      auto* a = message.get();
      for (const char* name : {"a", "b", "maybe"}) {
        const pb::FieldDescriptor* f = a->GetDescriptor()->FindFieldByName(name);
        if (f == nullptr) continue;
        a->GetReflection()->ClearField(a, f);
        again->GetReflection()->ClearField(again.get(), f);
      }
      EXPECT_TRUE(pb::util::MessageDifferencer::Equals(*message, *again)) << message->ShortDebugString() << "\n"
                                                                          << again->ShortDebugString();
    }
  }
}

TEST(Protobuf, NoCutOrFlippedByteBreaksTheReader) {
  std::mt19937 dice(11);
  Library library(kEverything);
  const Schema schema = AllOf(kEverything);
  for (int n = 0; n < 100; ++n) {
    auto message = library.New("demo.Everything");
    Fill(*message, dice, 2);
    std::string bytes = message->SerializeAsString();
    if (bytes.empty()) continue;
    for (int k = 0; k < 20; ++k) {
      std::string broken = bytes.substr(0, dice() % (bytes.size() + 1));
      if (!broken.empty()) broken[dice() % broken.size()] = static_cast<char>(dice());
      (void)Decode(schema, Options(kEverything), broken);
    }
  }
}

}  // namespace
}  // namespace sluice::engine
