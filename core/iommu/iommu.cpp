// SPDX-License-Identifier: LGPL-2.1-or-later
// The machinery compiled once for every world. The only file of this folder that knows Live and
// Model.
#include "iommu/iommu.h"

#include "iommu/replaced_steps.h"
#include "model/model.h"
#if RCUSCOPE_LIVE
#include "live/live.h"
#endif
#include "world/recording.h"

namespace rcuscope {

template class Iommu<Recording>;
template class Iommu<Model>;
template class Iommu<Model, ReplacedSteps<Model>>;
#if RCUSCOPE_LIVE
template class Iommu<Live>;
template class Iommu<Live, ReplacedSteps<Live>>;
#endif

}  // namespace rcuscope
