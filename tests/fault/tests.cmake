# src/capi takes memory from the C library: test_capi.c stands before it.
if(TARGET fault_capi)
    target_link_options(fault_capi PRIVATE
        -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc)
endif()
