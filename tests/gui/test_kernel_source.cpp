// SPDX-License-Identifier: LGPL-2.1-or-later
// KernelSource: finds functions by name in a small tree that the test makes.
#include "kernel_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "source_text.h"

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

/// A tree with two files in the kernel's style; the text is ours.
class Tree {
 public:
  Tree() : root(fs::temp_directory_path() / ("rcuscope-kernel-" + std::to_string(getpid()))) {
    fs::remove_all(root);
    fs::create_directories(root / "drivers/iommu");
    std::ofstream(root / "drivers/iommu/iommu.c")
        << "#define call(x) (x)\n"
           "static int declared_only(int n);\n"
           "\n"
           "static void __iommu_group_free_device(struct iommu_group *group,\n"
           "\t\t\t\t      struct group_device *grp_dev)\n"
           "{\n"
           "\tkfree(grp_dev->name);\n"
           "\tsynchronize_rcu();\n"
           "\tkfree(grp_dev);\n"
           "}\n"
           "\n"
           "static const struct ops ops = {\n"
           "\t.free = free_it,\n"
           "};\n"
           "\n"
           "int short_one(void)\n"
           "{\n"
           "\treturn 0;\n"
           "}\n";
  }
  ~Tree() { fs::remove_all(root); }
  fs::path root;
};

TEST(KernelSource, finds_definitions_and_not_declarations) {
  const Tree tree;
  const KernelSource kernel(tree.root);
  kernel.wait();
  const auto found = kernel.find("__iommu_group_free_device");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->first_line, 4);
  EXPECT_EQ(found->last_line, 10);
  EXPECT_TRUE(kernel.find("short_one").has_value());
  for (const char* none : {"declared_only", "call", "ops", "kfree", ""}) {
    EXPECT_FALSE(kernel.find(none).has_value()) << none;
  }
}

TEST(KernelSource, knows_our_names_of_replaceable_steps) {
  const Tree tree;
  const KernelSource kernel(tree.root);
  kernel.wait();
  ASSERT_TRUE(kernel.find("free_group_device").has_value());
  EXPECT_EQ(kernel.find("free_group_device")->first_line, 4);
}

TEST(KernelSource, of_two_calls_it_shows_the_one_with_the_own_argument) {
  const Tree tree;
  const auto kernel = std::make_shared<KernelSource>(tree.root);
  kernel->wait();
  SourceFiles files;
  files.use_kernel(kernel);
  const fs::path own = tree.root / "own.h";
  std::ofstream(own) << "w_.kfree(gdev->name);\nw_.kfree(gdev);\nw_.synchronize_rcu();\n";
  EXPECT_EQ(files.in_kernel({own.string(), "free_name", 1}, "kfree")->line, 7);
  EXPECT_EQ(files.in_kernel({own.string(), "free_gdev", 2}, "kfree")->line, 9);
  EXPECT_EQ(files.in_kernel({own.string(), "reclaim", 3}, "synchronize_rcu")->line, 8);
}

TEST(KernelSource, shows_the_line_that_makes_the_call) {
  const Tree tree;
  const auto kernel = std::make_shared<KernelSource>(tree.root);
  kernel->wait();
  SourceFiles files;
  const PlaceInfo place{"core/iommu/remove.h", "free_group_device", 150};
  EXPECT_FALSE(files.in_kernel(place, "kfree").has_value()) << "no tree yet";
  files.use_kernel(kernel);
  const auto call = files.in_kernel(place, "synchronize_rcu");
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->line, 8);
  EXPECT_TRUE(call->file.ends_with("drivers/iommu/iommu.c"));
  EXPECT_EQ(files.in_kernel(place, "mutex_lock")->line, 4) << "the head of the function";
  EXPECT_FALSE(files.in_kernel({"x.py", "unplug", 3}, "kfree").has_value());
}

TEST(KernelSource, refuses_what_is_no_directory) {
  EXPECT_THROW(KernelSource("/nowhere/at/all"), UsageError);
}

}  // namespace
}  // namespace rcuscope::gui
