/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-gtk: the desktop manager. */
#include "app.h"

#include <unistd.h>

/* Without a graphics device, GTK's OpenGL is software that takes longer to start than all the rest, and draws
 * slower than cairo does. On X, GDK looks for OpenGL even if nobody draws with it. */
static void choose_renderer(void)
{
	if (access("/dev/dri", F_OK) == 0)
		return;
	g_setenv("GSK_RENDERER", "cairo", FALSE);
	g_setenv("GDK_DEBUG", "gl-disable", FALSE);
}

int main(int argc, char **argv)
{
	struct gui_app *app;
	int status;

	choose_renderer();
	app = gui_app_new();
	status = gui_app_run(app, argc, argv);
	gui_app_free(app);
	return status;
}
