// For modules of several files: one file has the CW_REQUIREs, the others say CW_USES.
#pragma once
#include <cw/core/method.hpp>
#include <type_traits>

/// `method`, which another file of the module requires, may be called in this one.
#define CW_USES(method)                                                                            \
    template <>                                                                                    \
    constinit ::cw::abi::Slot                                                                      \
        cw::SlotOf<std::remove_cvref_t<decltype(method)>::Declaration>::value
