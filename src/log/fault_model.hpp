// For tests that let the disk fail: what producers and consumers of a partition were told, and
// whether what the log gives agrees with it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/consumer_offsets.hpp"
#include "log/testing.hpp"

namespace iggy::log {

/// What a crash may take.
enum class Keeps : std::uint8_t {
  acknowledged,  // nothing that anybody was told of
  synced,        // what no sync has covered
};

/// The batches of one partition, in the order of their sending.
class PartitionModel {
 public:
  /// Notes a batch; gives its number. Payloads are unique.
  std::size_t send(std::vector<std::string> payloads) {
    for (const auto& payload : payloads) batch_of_[payload] = batches_.size();
    batches_.push_back({.payloads = std::move(payloads)});
    return batches_.size() - 1;
  }
  void acknowledge(std::size_t number, std::uint64_t first_offset) {
    auto& batch = batches_[number];
    batch.fate = Fate::acknowledged;
    batch.first_offset = first_offset;
    see(first_offset + batch.payloads.size());
  }
  void refuse(std::size_t number) { batches_[number].fate = Fate::refused; }
  /// Somebody was shown all below this end.
  void see(std::uint64_t end) { seen_end_ = std::max(seen_end_, end); }
  /// All below this end is on the disk.
  void note_synced(std::uint64_t end) { synced_end_ = std::max(synced_end_, end); }

  /// Where `stored`, all messages of the log, is not what it must be; empty if it is.
  [[nodiscard]] std::string disagreement(const std::vector<Polled>& stored, Keeps keeps) const {
    std::size_t next = 0;  // batch
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < stored.size();) {
      const auto found = batch_of_.find(stored[i].payload);
      if (found == batch_of_.end()) return at(i) + "nobody sent this";
      const auto number = found->second;
      if (number < next) return at(i) + "this comes too late, or again";
      for (; next < number; ++next) {
        if (batches_[next].fate == Fate::acknowledged) return at(i) + missing(next) + ", this not";
      }
      const auto& batch = batches_[next++];
      if (batch.fate == Fate::refused) return at(i) + "this was refused";
      if (batch.fate == Fate::acknowledged && batch.first_offset != i) {
        return at(i) + "this had offset " + std::to_string(batch.first_offset);
      }
      for (const auto& payload : batch.payloads) {
        if (i == stored.size()) return at(i) + "the rest of a batch is missing";
        const auto& message = stored[i];
        if (message.payload != payload) return at(i) + "this is not the rest of its batch";
        if (message.offset != i) return at(i) + "the offset is wrong";
        if (!message.is_intact) return at(i) + "the checksum is wrong";
        if (message.timestamp < time) return at(i) + "time has gone back";
        time = message.timestamp;
        ++i;
      }
    }
    if (stored.size() < synced_end_) return at(stored.size()) + "what was synced is missing";
    if (keeps == Keeps::synced) return {};
    if (stored.size() < seen_end_) return at(stored.size()) + "what was shown is missing";
    for (; next < batches_.size(); ++next) {
      if (batches_[next].fate == Fate::acknowledged) return missing(next);
    }
    return {};
  }

  /// After a restart: what is there stays, and what is not never comes back.
  void adopt(const std::vector<Polled>& stored, bool is_synced) {
    for (auto& batch : batches_) batch.fate = Fate::refused;
    for (const auto& message : stored) {
      auto& batch = batches_[batch_of_.at(message.payload)];
      if (batch.fate == Fate::refused) batch.first_offset = message.offset;
      batch.fate = Fate::acknowledged;
    }
    seen_end_ = stored.size();
    synced_end_ = is_synced ? stored.size() : std::min<std::uint64_t>(synced_end_, stored.size());
  }

 private:
  enum class Fate : std::uint8_t { unknown, acknowledged, refused };
  struct Batch {
    std::vector<std::string> payloads;
    Fate fate = Fate::unknown;
    std::uint64_t first_offset = 0;
  };

  static std::string at(std::size_t offset) { return "offset " + std::to_string(offset) + ": "; }
  static std::string missing(std::size_t number) {
    return "batch " + std::to_string(number) + " was acknowledged and is missing";
  }

  std::vector<Batch> batches_;
  std::map<std::string, std::size_t> batch_of_;
  std::uint64_t seen_end_ = 0;
  std::uint64_t synced_end_ = 0;
};

/// The offsets of the consumers of one partition.
class OffsetsModel {
 public:
  using Offset = std::optional<std::uint64_t>;

  void begin(ConsumerKey key, Offset offset) { consumers_[key].begun = offset; }
  void acknowledge(ConsumerKey key) {
    auto& consumer = consumers_[key];
    consumer.known = *consumer.begun;
    consumer.since_sync.insert(consumer.known);
    consumer.begun.reset();
    has_changed_ = true;
  }
  void refuse(ConsumerKey key) { consumers_[key].begun.reset(); }
  /// A sync covers what an earlier process has left once something has changed.
  void note_synced() {
    if (!has_changed_) return;
    for (auto& [_, consumer] : consumers_) consumer.since_sync = {consumer.known};
  }
  [[nodiscard]] Offset known(ConsumerKey key) const {
    const auto found = consumers_.find(key);
    return found == consumers_.end() ? std::nullopt : found->second.known;
  }

  /// Where `offsets`, those of a log that ends at `end`, are not what they must be.
  [[nodiscard]] std::string disagreement(const ConsumerOffsets& offsets, std::uint64_t end,
                                         Keeps keeps) const {
    for (const auto& [key, consumer] : consumers_) {
      auto possible = keeps == Keeps::synced ? consumer.since_sync : std::set{consumer.known};
      if (consumer.begun) possible.insert(*consumer.begun);
      const auto actual = offsets.get(key);
      if (std::ranges::any_of(possible, [&](Offset o) { return reduced(o, end) == actual; })) {
        continue;
      }
      auto text = "consumer " + std::to_string(key.id) + " has offset " + print(actual) + ", not";
      for (const auto offset : possible) text += ' ' + print(reduced(offset, end));
      return text;
    }
    return {};
  }
  void adopt(const ConsumerOffsets& offsets) {
    for (auto& [key, consumer] : consumers_) {
      consumer.known = offsets.get(key);
      consumer.begun.reset();
      consumer.since_sync.insert(consumer.known);
    }
    has_changed_ = false;
  }

 private:
  struct Consumer {
    Offset known;
    std::optional<Offset> begun;            // a change of which nobody knows the outcome
    std::set<Offset> since_sync{Offset{}};  // what was known at the last one, and later
  };

  /// Nobody has processed what is not there.
  static Offset reduced(Offset offset, std::uint64_t end) {
    if (!offset || end == 0) return std::nullopt;
    return std::min(*offset, end - 1);
  }
  static std::string print(Offset offset) { return offset ? std::to_string(*offset) : "none"; }

  std::map<ConsumerKey, Consumer> consumers_;
  bool has_changed_ = false;  // since the last restart
};

}  // namespace iggy::log
