// Sending, polling and flushing messages.
#pragma once

#include "broker/context.hpp"
#include "wire/messages.hpp"

namespace iggy::broker {

/// Appends a batch to the partition that its partitioning chooses; done when it is as durable as
/// the settings ask. The request's bytes are lent and stamped in place. Errors: those of
/// validate_batch, stream_id_not_found, topic_id_not_found, unauthorized, topic_id_not_found
/// (balanced without partitions), no_partitions (keyed without), partition_not_found, those of
/// PartitionLog::append and of noting the first write.
Task<Result<>> send_messages(Context context, wire::SendMessages request);

/// What a poll gives: the head of the reply, and the messages in the reader's scratch memory or as
/// slices of files.
struct Polled {
  wire::PolledMessages head;
  log::ReadReply messages;
};
struct PollLimits {
  std::uint64_t bytes_max = 0;    // of messages, but one is given whatever its size
  base::MutableByteView scratch;  // lent until the reply is sent
};
/// Errors: stream_id_not_found, topic_id_not_found, unauthorized, consumer_group_id_not_found,
/// partition_not_found, those of PartitionLog::read, of storing the offset.
Task<Result<Polled>> poll_messages(Context context, wire::PollMessages request, PollLimits limits);

/// Whatever was acknowledged is in the file already; with `fsync` it is on the disk afterwards.
/// Errors: stream_id_not_found, topic_id_not_found, unauthorized, partition_not_found,
/// cannot_sync_file.
Task<Result<>> flush_unsaved_buffer(Context context, wire::FlushUnsavedBuffer request);

}  // namespace iggy::broker
