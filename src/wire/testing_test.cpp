// Reads the published vectors for the tests of this folder, and counts what is allocated.
#include "wire/testing.hpp"

#include <gtest/gtest.h>

#include <boost/json/src.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>

namespace {

std::size_t allocated = 0;

}  // namespace

void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace iggy::wire::testing {
namespace {

namespace json = boost::json;

std::string text_or(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::uint64_t number_or_0(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_string()) return std::stoull(std::string(value->as_string()));
  return value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "1" : "0";
  return json::serialize(value);
}

GoldenField field_of(const json::object& object) {
  return {.offset = number_or_0(object, "offset"),
          .size = number_or_0(object, "size"),
          .name = text_or(object, "name"),
          .value = object.at("type").as_string() == "f32"
                       ? std::to_string(object.at("value").to_number<double>())
                       : text_of(object.at("value"))};
}

GoldenVector vector_of(const json::object& object) {
  GoldenVector vector{.name = text_or(object, "name"),
                      .direction = text_or(object, "direction"),
                      .code = static_cast<std::uint32_t>(number_or_0(object, "code")),
                      .status = static_cast<std::uint32_t>(number_or_0(object, "status")),
                      .bytes = hex(text_or(object, "hex")),
                      .response = hex(text_or(object, "expected_response_hex")),
                      .expected_result = text_or(object, "expected_result"),
                      .stage = text_or(object, "stage"),
                      .result = number_or_0(object, "result"),
                      .algorithm = text_or(object, "algorithm")};
  for (const auto& field : object.at("fields").as_array()) {
    vector.fields.push_back(field_of(field.as_object()));
  }
  if (const auto* tolerated = object.if_contains("tolerated")) {
    vector.tolerated = tolerated->as_bool();
  }
  if (const auto* error = object.if_contains("expected_error"); error && error->is_object()) {
    vector.expected_error = static_cast<std::uint32_t>(number_or_0(error->as_object(), "code"));
  }
  if (const auto* partitions = object.if_contains("partition_of")) {
    for (const auto& [count, partition] : partitions->as_object()) {
      vector.partition_of.emplace_back(std::stoul(std::string(count)),
                                       partition.to_number<std::uint32_t>());
    }
  }
  return vector;
}

unsigned digit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<unsigned>(letter - '0');
  return static_cast<unsigned>(letter - 'a') + 10;
}

}  // namespace

std::string GoldenVector::field(std::string_view wanted) const {
  for (const auto& field : fields) {
    if (field.name == wanted) return field.value;
  }
  return "(none)";
}

std::vector<GoldenVector> load_vectors(std::string_view file) {
  std::ifstream in(std::string(IGGY_TEST_DATA) + "/vectors/" + std::string(file) + ".json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto parsed = json::parse(text);
  std::vector<GoldenVector> vectors;
  for (const auto& vector : parsed.as_array()) vectors.push_back(vector_of(vector.as_object()));
  return vectors;
}

GoldenVector load_vector(std::string_view file, std::string_view name) {
  for (auto& vector : load_vectors(file)) {
    if (vector.name == name) return std::move(vector);
  }
  std::abort();
}

base::Bytes hex(std::string_view digits) {
  base::Bytes bytes;
  std::optional<unsigned> high;
  for (const char letter : digits) {
    if (letter == ' ') continue;
    if (!high) {
      high = digit(letter);
    } else {
      bytes.push_back(static_cast<std::byte>(*high * 16 + digit(letter)));
      high.reset();
    }
  }
  return bytes;
}

std::size_t allocated_bytes() { return allocated; }

TEST(GoldenVectors, are_all_there) {
  EXPECT_EQ(load_vectors("primitives").size(), 42);
  EXPECT_EQ(load_vectors("frames").size(), 18);
  EXPECT_EQ(load_vectors("messages").size(), 24);
  EXPECT_EQ(load_vectors("offsets").size(), 8);
  EXPECT_EQ(load_vectors("streams").size(), 14);
  EXPECT_EQ(load_vectors("topics").size(), 17);
  EXPECT_EQ(load_vectors("session").size(), 11);
  EXPECT_EQ(load_vectors("system").size(), 14);
  EXPECT_EQ(load_vectors("reject").size(), 156);
  EXPECT_EQ(load_vectors("reject_client").size(), 11);
  EXPECT_EQ(load_vectors("exchanges").size(), 128);
  EXPECT_EQ(load_vectors("hashes").size(), 23);
}

TEST(AllocatedBytes, grow_with_each_allocation) {
  const auto before = allocated_bytes();

  const std::vector<std::byte> bytes(1000);

  EXPECT_GE(allocated_bytes() - before, bytes.size());
}

}  // namespace iggy::wire::testing
