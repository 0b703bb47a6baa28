// Damaged checkpoints: each case ends in a status or in the values that were saved, in bounded time
// and memory. SESSILE_MUTATIONS=100000 in the environment makes a long run of it.

#include "sessile/tests/mutation.h"

#include "gmock/gmock.h"
#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/checkpoint_state.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/table_format.h"
#include "sessile/core/checkpoint/varint.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/io/crc32c.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/tensor_bundle.pb.h"
#include "sessile/tests/core/checkpoint/checkpoint_testing.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class MutationTest : public CheckpointFolderTest {
 protected:
  MutationTest() { SetMemoryLimit(kMutationMemory); }
  ~MutationTest() override { SetMemoryLimit(0); }

  size_t Random(size_t below) { return mutator_.Random(below); }
  std::string Mutated(std::string bytes) { return mutator_.Mutated(std::move(bytes)); }

  // Reads all that is there. Only the time and that nothing breaks counts.
  static int ReadAll(const std::string& prefix) {
    const auto reader = CheckpointReader::Open(prefix);
    if (!reader.ok()) return 0;
    int read = 0;
    for (const auto& [name, spec] : (*reader)->tensors()) read += (*reader)->Read(name).ok();
    return read;
  }

 private:
  Mutator mutator_;
};

// The checksums stop nearly all of these.
TEST_F(MutationTest, EveryDamagedFileEndsInAStatus) {
  const std::vector<std::vector<std::string>> checkpoints = {
      {"all_types.index", "all_types.data-00000-of-00001"},
      {"sharded.index", "sharded.data-00000-of-00002", "sharded.data-00001-of-00002"},
      {"snappy.index", "snappy.data-00000-of-00001"},
      {"version_1"}};
  std::map<std::string, std::string> golden;
  for (const auto& files : checkpoints) {
    for (const std::string& file : files) golden[file] = *ReadFile(GoldenCheckpoint(file));
  }
  for (const auto& [file, bytes] : golden) ASSERT_TRUE(WriteFile(Path(file), bytes).ok());
  for (int i = 0; i < Mutations() / 2; ++i) {
    const auto& files = checkpoints[Random(checkpoints.size())];
    const std::string& file = files[Random(files.size())];
    ASSERT_TRUE(WriteFile(Path(file), Mutated(golden[file])).ok());
    ReadAll(Path(files[0].substr(0, files[0].find('.'))));
    ASSERT_TRUE(WriteFile(Path(file), golden[file]).ok());
  }
  EXPECT_EQ(ReadAll(Path("all_types")), 24);
  EXPECT_EQ(ReadAll(Path("version_1")), 17);
}

// Tables of right checksums with damaged entries in them.
TEST_F(MutationTest, EveryDamagedEntryEndsInAStatus) {
  for (const char* name : {"all_types", "sharded"}) {
    for (int shard = 0; shard < 2; ++shard) {
      const int shards = name == std::string("sharded") ? 2 : 1;
      if (shard >= shards) continue;
      ASSERT_TRUE(WriteFile(DataFileOf(Path(name), shard, shards),
                            *ReadFile(DataFileOf(GoldenCheckpoint(name), shard, shards)))
                      .ok());
    }
  }
  int whole = 0;
  for (const char* name : {"all_types", "sharded", "version_1"}) {
    const bool v1 = name == std::string("version_1");
    std::vector<std::pair<std::string, std::string>> entries;
    const auto table = *TableReader::Open(GoldenCheckpoint(name) + (v1 ? "" : ".index"));
    ASSERT_TRUE(table
                    .ForEach([&](std::string_view key, std::string_view value) {
                      entries.emplace_back(key, value);
                      return absl::OkStatus();
                    })
                    .ok());
    for (int i = 0; i < Mutations() / 6; ++i) {
      const size_t damaged = Random(entries.size());
      TableWriter writer;
      for (size_t k = 0; k < entries.size(); ++k) {
        writer.Add(entries[k].first, k == damaged ? Mutated(entries[k].second) : entries[k].second);
      }
      ASSERT_TRUE(WriteFile(Path(name) + (v1 ? "" : ".index"), writer.Finish()).ok());
      whole += ReadAll(Path(name));
    }
  }
  EXPECT_GT(whole, 0);  // the entries that are not damaged
}

TEST_F(MutationTest, EveryDamagedStateEndsInAStatus) {
  const std::string path = Path("checkpoint");
  const CheckpointState golden = {.model_checkpoint_path = "model-2",
                                  .all_model_checkpoint_paths = {"model-1", "model-2"},
                                  .all_model_checkpoint_timestamps = {1.5, 2.5},
                                  .last_preserved_timestamp = 0.5};
  ASSERT_TRUE(WriteCheckpointState(path, golden).ok());
  const std::string text = *ReadFile(path);
  int whole = 0;
  for (int i = 0; i < Mutations() / 2; ++i) {
    ASSERT_TRUE(WriteFile(path, Mutated(text)).ok());
    whole += ReadCheckpointState(path).ok();
  }
  EXPECT_GT(whole, 0);
  EXPECT_LT(whole, Mutations() / 2);
}

// What somebody would write who knows the format.
class HostileTest : public MutationTest {
 protected:
  static pb::BundleEntryProto Entry(const std::vector<int64_t>& dims, int64_t size) {
    pb::BundleEntryProto entry;
    entry.set_dtype(pb::DT_FLOAT);
    for (const int64_t dim : dims) entry.mutable_shape()->add_dim()->set_size(dim);
    entry.set_size(size);
    return entry;
  }
  // Reads `name` of a checkpoint of these entries and 16 bytes of data.
  std::string ErrorFor(const std::string& name,
                       const std::map<std::string, pb::BundleEntryProto>& entries,
                       int num_shards = 1) {
    TableWriter table;
    pb::BundleHeaderProto header;
    header.set_num_shards(num_shards);
    table.Add("", *SerializeDeterministic(header));
    for (const auto& [key, entry] : entries) table.Add(key, *SerializeDeterministic(entry));
    WriteFile(Path("x.index"), table.Finish()).IgnoreError();
    WriteFile(DataFileOf(Path("x"), 0, 1), std::string(16, '\0')).IgnoreError();
    return MessageOf(ReadTensor(Path("x"), name).status());
  }
};

TEST_F(HostileTest, ShapesAndSizesAreComparedWithTheFile) {
  const int64_t huge = int64_t{1} << 40;
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({huge}, 4 * huge)}}), HasSubstr("has only 16"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({huge}, 16)}}), HasSubstr("is not the size of"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({huge, huge}, 16)}}), HasSubstr("too large"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({-1}, 16)}}), HasSubstr("has the shape [?]"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({-2}, 16)}}), HasSubstr("values below -1"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry(std::vector<int64_t>(300, 1), 4)}}),
              HasSubstr("at most 254"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({4}, -16)}}), HasSubstr("its place is damaged"));
  pb::BundleEntryProto entry = Entry({4}, 16);
  entry.set_shard_id(1);
  EXPECT_THAT(ErrorFor("w", {{"w", entry}}), HasSubstr("its place is damaged"));
  entry.set_shard_id(0);
  entry.set_offset(std::numeric_limits<int64_t>::max());
  EXPECT_THAT(ErrorFor("w", {{"w", entry}}), HasSubstr("has only 16"));
  entry = Entry({int64_t{1} << 30}, 16);
  entry.set_dtype(pb::DT_STRING);
  EXPECT_THAT(ErrorFor("w", {{"w", entry}}), HasSubstr("is not the size of"));
  entry.set_dtype(pb::DT_VARIANT);
  EXPECT_THAT(ErrorFor("w", {{"w", entry}}), HasSubstr("values of its type are not read"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({4}, 16)}}, 0), HasSubstr("0 data files"));
  EXPECT_THAT(ErrorFor("w", {{"w", Entry({4}, 16)}}, 99999), HasSubstr("Cannot open"));
}

TEST_F(HostileTest, PartsMustCoverTheTensorOnce) {
  const auto entry = [](int64_t start, int64_t length, int count) {
    pb::BundleEntryProto whole = Entry({8}, 0);
    for (int i = 0; i < count; ++i) {
      auto* const extent = whole.add_slices()->add_extent();
      extent->set_start(start);
      extent->set_length(length);
    }
    return whole;
  };
  const std::string key = TensorSlice::Parse("0,4")->KeyOf("w");
  EXPECT_THAT(ErrorFor("w", {{key, Entry({4}, 16)}, {"w", entry(0, 4, 1)}}),
              HasSubstr("some are missing"));
  EXPECT_THAT(ErrorFor("w", {{key, Entry({4}, 16)}, {"w", entry(0, 4, 2)}}), HasSubstr("overlap"));
  EXPECT_THAT(ErrorFor("w", {{"w", entry(6, 4, 1)}}), HasSubstr("out of bounds"));
  EXPECT_THAT(ErrorFor("w", {{"w", entry(-6, 4, 1)}}), HasSubstr("Expected non-negative start"));
  EXPECT_THAT(ErrorFor("w", {{"w", entry(0, 4, 5000)}}), HasSubstr("at most 4096"));
  pb::BundleEntryProto whole = entry(0, 4, 1);
  auto* const rest = whole.add_slices()->add_extent();
  rest->set_start(4);
  rest->set_length(4);
  EXPECT_THAT(ErrorFor("w", {{key, Entry({4}, 16)}, {"w", whole}}),
              HasSubstr("its part 4,4 is missing"));
  EXPECT_THAT(ErrorFor("w", {{key, Entry({3}, 12)},
                             {TensorSlice::Parse("4,4")->KeyOf("w"), Entry({4}, 16)},
                             {"w", whole}}),
              HasSubstr("its part 0,4 is float[3], not float[4]"));
}

// A table of one data block, which need not be one that TableWriter would write.
class RawTable {
 public:
  void Add(size_t shared, const std::string& own, const std::string& value = "") {
    AppendVarint(shared, &block_);
    AppendVarint(own.size(), &block_);
    AppendVarint(value.size(), &block_);
    block_ += own + value;
  }
  std::string Finish() {
    const std::string data = Write(block_);
    std::string index;
    AppendVarint(0, &index);
    AppendVarint(1, &index);
    AppendVarint(data.size(), &index);
    std::string footer = Write("");
    footer += Write(index + "z" + data);
    footer.resize(kTableFooter - 8);
    AppendFixed32(kTableMagicLow, &footer);
    AppendFixed32(kTableMagicHigh, &footer);
    return file_ + footer;
  }

 private:
  // Appends a block without restarts to the file and returns its handle.
  std::string Write(std::string block) {
    AppendFixed32(0, &block);
    std::string handle;
    AppendVarint(file_.size(), &handle);
    AppendVarint(block.size(), &handle);
    block += kTableUncompressed;
    const uint32_t crc = MaskCrc32c(Crc32c(block));
    AppendFixed32(crc, &block);
    file_ += block;
    return handle;
  }
  std::string block_;
  std::string file_;
};

TEST_F(HostileTest, NamesThatShareTheirBytesHaveALimit) {
  // Each entry is six bytes in the file and 60,000 in memory.
  RawTable table;
  pb::BundleHeaderProto header;
  header.set_num_shards(1);
  table.Add(0, "", *SerializeDeterministic(header));
  table.Add(0, std::string(60000, 'a'));
  for (size_t i = 0; i < 5000; ++i) table.Add(60000 + i, "a");
  const std::string file = table.Finish();
  EXPECT_LT(file.size(), 100000u);
  ASSERT_TRUE(WriteFile(Path("x.index"), file).ok());
  EXPECT_THAT(MessageOf(CheckpointReader::Open(Path("x")).status()),
              HasSubstr("has too many long names"));
}

}  // namespace
}  // namespace sessile
