#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/op_testing.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TablesTest : public ::testing::TestWithParam<int> {
 protected:
  static Output Table(const char* op = "HashTableV2", DataType value = int64) {
    return OpBuilder(op)
        .Attr("key_dtype", string)
        .Attr("value_dtype", value)
        .Attr("shared_name", "table")
        .Build();
  }
  static Operation Fill(const char* op, const Output& table, const std::vector<std::string>& keys,
                        const std::vector<int64_t>& values) {
    const Output value_tensor = convert_to_tensor(values, int64);
    return OpBuilder(op).Input(table).Input(keys).Input(value_tensor).BuildOperation();
  }
  static Output Find(const Output& table, const std::vector<std::string>& keys) {
    return OpBuilder("LookupTableFindV2").Input(table).Input(keys).Input(Missing()).Build();
  }
  static Output Missing() { return convert_to_tensor(-1, int64); }
  static std::vector<Output> Export(const Output& table) {
    return OpBuilder("LookupTableExportV2")
        .Input(table)
        .Attr("Tkeys", string)
        .Attr("Tvalues", int64)
        .BuildAll();
  }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
  Session sess_{ConfigProto{.optimizer_level = GetParam()}};
};

TEST_P(TablesTest, AreFilledOnceAndRead) {
  const Output table = Table();
  const Operation fill = Fill("InitializeTableV2", table, {"a", "b"}, {1, 2});
  const Operation other = Fill("InitializeTableV2", table, {"a", "b"}, {1, 3});
  const Operation twice = Fill("InitializeTableV2", table, {"a", "a"}, {1, 2});
  const Output found = Find(table, {"b", "z", "a"});
  const Output size = OpBuilder("LookupTableSizeV2").Input(table).Build();
  EXPECT_THAT(ErrorOf([&] { sess_.run(found); }), HasSubstr("Table not initialized."));
  EXPECT_THAT(ErrorOf([&] { sess_.run(twice); }),
              HasSubstr("HashTable has different value for same key. Key a has 1 and trying to add "
                        "value 2"));
  sess_.run(fill);
  sess_.run(fill);
  EXPECT_THAT(ErrorOf([&] { sess_.run(other); }),
              HasSubstr("Table was already initialized with different data."));
  EXPECT_THAT(sess_.run<std::vector<int64_t>>(found), ElementsAre(2, -1, 1));
  EXPECT_EQ(sess_.run<int64_t>(size), 2);
}

TEST_P(TablesTest, MutableOnesChange) {
  const Output table = Table("MutableHashTableV2");
  const Operation insert = Fill("LookupTableInsertV2", table, {"b", "a", "b"}, {1, 2, 3});
  const Operation import = Fill("LookupTableImportV2", table, {"q"}, {9});
  const std::vector<Output> all = Export(table);
  const Output found = Find(table, {"b"});
  EXPECT_THAT(sess_.run<std::vector<int64_t>>(found), ElementsAre(-1));
  sess_.run(insert);
  EXPECT_THAT(sess_.run<std::vector<std::string>>(all[0]), ElementsAre("b", "a"));
  EXPECT_THAT(sess_.run<std::vector<int64_t>>(all[1]), ElementsAre(3, 2));
  sess_.run(import);
  EXPECT_THAT(sess_.run<std::vector<std::string>>(all[0]), ElementsAre("q"));
}

TEST_P(TablesTest, AreFilledFromFiles) {
  const TempFolder folder;
  const std::string path = folder.file("table.txt");
  std::ofstream(path) << "x\t1\nq\t2\n";
  const Output table = Table();
  const auto from = [&](int64_t key, int64_t value, int64_t vocab_size) {
    return OpBuilder("InitializeTableFromTextFileV2")
        .Input(table)
        .Input(path)
        .Attr("key_index", key)
        .Attr("value_index", value)
        .Attr("vocab_size", vocab_size)
        .BuildOperation();
  };
  EXPECT_THAT(ErrorOf([&] { sess_.run(from(0, 2, -1)); }),
              HasSubstr("line 0 (x\t1) : expected at least 3 got 2"));
  EXPECT_THAT(ErrorOf([&] { sess_.run(from(-2, -1, 5)); }), HasSubstr("expected 5 but got 2"));
  EXPECT_THAT(ErrorOf([&] { sess_.run(from(1, 0, -1)); }),
              HasSubstr("Field x in line 0 is not a valid int64."));
  sess_.run(from(0, 1, -1));
  EXPECT_THAT(sess_.run<std::vector<int64_t>>(Find(table, {"q", "x"})), ElementsAre(2, 1));
}

TEST_P(TablesTest, WrongUsesAreRefused) {
  const Output table = Table();
  const Operation insert = Fill("LookupTableInsertV2", table, {"b"}, {1});
  EXPECT_THAT(ErrorOf([&] { sess_.run(insert); }), HasSubstr("Insert not supported"));
  const Output other = OpBuilder("LookupTableSizeV2").Input(Table("HashTableV2", float32)).Build();
  EXPECT_THAT(ErrorOf([&] { sess_.run(other); }), HasSubstr("Conflicting key/value dtypes"));
  // Handles of other things.
  const Variable w({1.0}, {.use_resource = true});
  const Output of_variable = OpBuilder("LookupTableSizeV2").Input(w.ref()).Build();
  sess_.run(w.initializer());
  EXPECT_THAT(ErrorOf([&] { sess_.run(of_variable); }), HasSubstr("handle of a variable"));
  const Output read = OpBuilder("ReadVariableOp").Input(table).Attr("dtype", float32).Build();
  EXPECT_THAT(ErrorOf([&] { sess_.run(read); }), HasSubstr("is no handle of a variable"));
}

INSTANTIATE_TEST_SUITE_P(Executors, TablesTest, ::testing::Values(0, 1));

}  // namespace
}  // namespace sessile
