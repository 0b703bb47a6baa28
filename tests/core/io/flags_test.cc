#include "sessile/core/io/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlagSetTest : public ::testing::Test {
 protected:
  FlagSetTest() : flags_("trainer", "Trains.") {
    flags_.Int("batches", &batches_, "batches to train", {.min = 0})
        .Int("offset", &offset_, "any integer")
        .Double("rate", &rate_, "learning rate")
        .String("data", &data_, "folder")
        .Bool("quiet", &quiet_, "print nothing")
        .Choice("conv", &conv_, {"default", "bias"}, "which layer")
        .List("feed-each", &feeds_, "a feed");
  }

  std::string ErrorOf(const std::vector<std::string>& args) {
    return std::string(flags_.Parse(args).message());
  }

  int64_t batches_ = 800;
  int64_t offset_ = 0;
  double rate_ = 0.002;
  std::string data_;
  bool quiet_ = false;
  std::string conv_ = "default";
  std::vector<std::string> feeds_;
  FlagSet flags_;
};

TEST_F(FlagSetTest, KeepsDefaultsWithoutArguments) {
  ASSERT_TRUE(flags_.Parse({}).ok());
  EXPECT_EQ(batches_, 800);
  EXPECT_EQ(rate_, 0.002);
  EXPECT_EQ(conv_, "default");
}

TEST_F(FlagSetTest, TakesBothFormsOfAValue) {
  ASSERT_TRUE(
      flags_.Parse({"--batches=20", "--data", "/a b/c=d", "--rate", "1e-3", "--conv=bias"}).ok());
  EXPECT_EQ(batches_, 20);
  EXPECT_EQ(data_, "/a b/c=d");
  EXPECT_EQ(rate_, 1e-3);
  EXPECT_EQ(conv_, "bias");
}

TEST_F(FlagSetTest, TakesNegativeNumbersAsValues) {
  ASSERT_TRUE(flags_.Parse({"--offset", "-3", "--rate", "-0.5"}).ok());
  EXPECT_EQ(offset_, -3);
  EXPECT_EQ(rate_, -0.5);
}

TEST_F(FlagSetTest, KeepsTheLastOfRepeatedValuesAndAllOfAList) {
  ASSERT_TRUE(
      flags_.Parse({"--batches=1", "--feed-each", "x=a.npy", "--batches=2", "--feed-each=y=b.npy"})
          .ok());
  EXPECT_EQ(batches_, 2);
  EXPECT_THAT(feeds_, ElementsAre("x=a.npy", "y=b.npy"));
}

TEST_F(FlagSetTest, TakesSwitchesWithAndWithoutValue) {
  ASSERT_TRUE(flags_.Parse({"--quiet"}).ok());
  EXPECT_TRUE(quiet_);
  ASSERT_TRUE(flags_.Parse({"--quiet=false"}).ok());
  EXPECT_FALSE(quiet_);
  EXPECT_EQ(ErrorOf({"--quiet=maybe"}), "--quiet: expected true or false, got 'maybe'");
}

TEST_F(FlagSetTest, RefusesWrongValues) {
  EXPECT_EQ(ErrorOf({"--batches=ten"}), "--batches: expected an integer of at least 0, got 'ten'");
  EXPECT_EQ(ErrorOf({"--batches=-1"}), "--batches: expected an integer of at least 0, got '-1'");
  EXPECT_EQ(ErrorOf({"--offset=9223372036854775808"}),
            "--offset: expected an integer, got '9223372036854775808'");
  EXPECT_EQ(ErrorOf({"--offset="}), "--offset: expected an integer, got ''");
  EXPECT_EQ(ErrorOf({"--rate=fast"}), "--rate: expected a finite number, got 'fast'");
  EXPECT_EQ(ErrorOf({"--rate=nan"}), "--rate: expected a finite number, got 'nan'");
  EXPECT_EQ(ErrorOf({"--rate=1e999"}), "--rate: expected a finite number, got '1e999'");
  EXPECT_EQ(ErrorOf({"--conv=relu"}), "--conv: expected one of default, bias, got 'relu'");
  EXPECT_EQ(batches_, 800);
}

TEST_F(FlagSetTest, RefusesAMissingValue) {
  EXPECT_EQ(ErrorOf({"--data"}), "--data: expected a value (--data=VALUE)");
  EXPECT_EQ(ErrorOf({"--data", "--batches=3"}), "--data: expected a value (--data=VALUE)");
}

TEST_F(FlagSetTest, RefusesUnknownFlagsAndArguments) {
  EXPECT_EQ(ErrorOf({"--bacthes=3"}), "unknown flag --bacthes (see --help)");
  EXPECT_EQ(ErrorOf({"-b"}), "unknown flag -b (see --help)");
  EXPECT_EQ(ErrorOf({"mnist"}), "unexpected argument 'mnist' (see --help)");
}

TEST_F(FlagSetTest, FillsPositionalArgumentsInOrder) {
  std::string graph, out;
  flags_.Positional("GRAPH", &graph, "a GraphDef").Positional("OUT", &out, "a folder");
  ASSERT_TRUE(flags_.Parse({"graph.pb", "--batches", "3", "--", "--out"}).ok());
  EXPECT_EQ(graph, "graph.pb");
  EXPECT_EQ(out, "--out");
  EXPECT_EQ(ErrorOf({"graph.pb"}), "missing argument OUT (see --help)");
}

TEST_F(FlagSetTest, HelpNamesEveryFlagAndItsDefault) {
  ASSERT_TRUE(flags_.Parse({"--help", "--nonsense"}).ok());
  EXPECT_TRUE(flags_.help_wanted());
  const std::string help = flags_.Help();
  EXPECT_THAT(help, HasSubstr("usage: trainer [flags]"));
  EXPECT_THAT(help, HasSubstr("--batches N\n      batches to train (default: 800)"));
  EXPECT_THAT(help, HasSubstr("--conv {default,bias}\n      which layer (default: default)"));
  EXPECT_THAT(help, HasSubstr("--quiet\n      print nothing\n"));
}

TEST_F(FlagSetTest, ExitsWithTwoOnAWrongArgument) {
  const char* argv[] = {"trainer", "--batches=x"};
  EXPECT_EXIT(flags_.ParseOrExit(2, argv), ::testing::ExitedWithCode(2),
              "trainer: --batches: expected an integer of at least 0, got 'x'");
  const char* help[] = {"trainer", "-h"};
  EXPECT_EXIT(flags_.ParseOrExit(2, help), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sessile
