# Causeway on Linux, installed: what cmake/install.cmake has, and the library, the command, the modules, and what builds
# modules outside of the tree.
include(${CMAKE_CURRENT_LIST_DIR}/install.cmake)
set(hosted_folder ${CMAKE_INSTALL_LIBDIR}/cmake/causeway)

set_target_properties(causeway_hosted PROPERTIES EXPORT_NAME hosted)
foreach(runtime sdk_runtime sdk_runtime_double)
    set_target_properties(cw_${runtime} PROPERTIES EXPORT_NAME ${runtime} EXCLUDE_FROM_ALL FALSE)
endforeach()
install(TARGETS causeway RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(
    TARGETS causeway_hosted
    EXPORT causeway_hosted
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(
    TARGETS cw_sdk_runtime cw_sdk_runtime_double
    EXPORT causeway_hosted
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/causeway)
install(EXPORT causeway_hosted NAMESPACE causeway:: FILE causewayHostedTargets.cmake DESTINATION ${hosted_folder})

# What was built of them, the folder's other contents left out.
install(CODE "file(GLOB modules ${CW_MODULE_OUTPUT}/*.cwm)
file(INSTALL \${modules} DESTINATION \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/causeway/modules)")
install(TARGETS cw_module_interfaces FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/causewayModule.cmake.in causewayModule.cmake @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/causewayModule.cmake cmake/module.cmake sdk/module.ld tools/checks/remote_text.py
        DESTINATION ${package_folder})
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /) # which may be deeper than lib
configure_file(cmake/causeway-hosted.pc.in causeway-hosted.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/causeway-hosted.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
