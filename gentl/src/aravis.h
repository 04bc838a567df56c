/* libaravis and what of GLib comes with it, loaded when GCInitLib is called: where it is missing, that can be said, and
   a consumer that is on libaravis itself has us use its own: GLib's types are there once in a process. */
#ifndef GIGE_VISION_ARAVIS_H
#define GIGE_VISION_ARAVIS_H

#include <arv.h>

/* X(name): functions that must be there. */
#define ARAVIS_FUNCTIONS(X)                                                                                            \
    X(arv_gv_device_new)                                                                                               \
    X(arv_gv_device_is_controller)                                                                                     \
    X(arv_gv_device_leave_control)                                                                                     \
    X(arv_gv_device_set_stream_options)                                                                                \
    X(arv_gv_device_set_packet_size_adjustment)                                                                        \
    X(arv_gv_device_auto_packet_size)                                                                                  \
    X(arv_gv_device_get_packet_size)                                                                                   \
    X(arv_gv_device_get_timestamp_tick_frequency)                                                                      \
    X(arv_device_error_quark)                                                                                          \
    X(arv_device_read_memory)                                                                                          \
    X(arv_device_write_memory)                                                                                         \
    X(arv_device_read_register)                                                                                        \
    X(arv_device_write_register)                                                                                       \
    X(arv_device_get_integer_feature_value)                                                                            \
    X(arv_stream_push_buffer)                                                                                          \
    X(arv_stream_try_pop_buffer)                                                                                       \
    X(arv_stream_get_info_uint64_by_name)                                                                              \
    X(arv_buffer_new_full)                                                                                             \
    X(arv_buffer_get_user_data)                                                                                        \
    X(arv_buffer_get_status)                                                                                           \
    X(arv_buffer_get_payload_type)                                                                                     \
    X(arv_buffer_get_timestamp)                                                                                        \
    X(arv_buffer_get_frame_id)                                                                                         \
    X(arv_buffer_get_data)                                                                                             \
    X(arv_buffer_has_chunks)                                                                                           \
    X(arv_buffer_get_image_pixel_format)                                                                               \
    X(arv_buffer_get_image_region)                                                                                     \
    X(g_object_unref)                                                                                                  \
    X(g_object_set)                                                                                                    \
    X(g_signal_connect_data)                                                                                           \
    X(g_error_free)                                                                                                    \
    X(g_inet_address_new_from_bytes)

/* X(name): without these (before 0.8.23) multi-part frames and the padding of lines are left out. */
#define ARAVIS_PART_FUNCTIONS(X)                                                                                       \
    X(arv_buffer_get_n_parts)                                                                                          \
    X(arv_buffer_get_part_data)                                                                                        \
    X(arv_buffer_get_part_component_id)                                                                                \
    X(arv_buffer_get_part_data_type)                                                                                   \
    X(arv_buffer_get_part_pixel_format)                                                                                \
    X(arv_buffer_get_part_region)                                                                                      \
    X(arv_buffer_get_part_padding)                                                                                     \
    X(arv_buffer_get_image_padding)

#define MEMBER(name) __typeof__(&name) name;
struct aravis {
    ARAVIS_FUNCTIONS(MEMBER)
    ARAVIS_PART_FUNCTIONS(MEMBER)
    gboolean has_parts;
    gboolean later; /* 0.10, else 0.8 */
};
#undef MEMBER

extern struct aravis lib;

ArvStream *new_stream(ArvDevice *device, ArvStreamCallback callback, void *data, GError **error);
/* Let a stream's thread run: in 0.8 it does from the beginning. */
void run_stream(ArvStream *stream);
/* End a stream's thread for a while, and delete the buffers it has not begun to fill. */
void halt_stream(ArvStream *stream);
void go_on_with_stream(ArvStream *stream);
/* An ArvDeviceError as 0.8 has it. */
int device_error(const GError *error);

/* NULL if all is there, else what is not. */
const char *load_aravis(void);

#endif
