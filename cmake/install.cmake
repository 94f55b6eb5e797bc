# The headers of abi, core and sdk, for programmes that use them without the rest: a CMake package `causeway` with the
# targets causeway::abi, causeway::core and causeway::sdk, and a file for pkg-config. Nothing needs to be built for it.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/causeway) # not below lib: nothing in it is of one machine

foreach(part abi core sdk)
    set_target_properties(cw_${part} PROPERTIES EXPORT_NAME ${part})
endforeach()
target_compile_features(cw_abi INTERFACE cxx_std_20) # what uses coroutines needs 23; docs/core.md has the list
install(
    TARGETS cw_abi cw_core cw_sdk
    EXPORT causeway
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY core/arch/hosted/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT causeway NAMESPACE causeway:: FILE causewayTargets.cmake DESTINATION ${package_folder})

configure_package_config_file(cmake/causewayConfig.cmake.in causewayConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(causewayConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/causewayConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/causewayConfigVersion.cmake
        DESTINATION ${package_folder})
configure_file(cmake/causeway.pc.in causeway.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/causeway.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
