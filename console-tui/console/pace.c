/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/pace.h"

static gboolean begin(struct pace *pace)
{
	if (!pace->is_dirty || pace->is_drawing || pace->is_resting)
		return FALSE;
	pace->is_dirty = FALSE;
	pace->is_drawing = pace->is_resting = TRUE;
	return TRUE;
}

gboolean pace_changed(struct pace *pace)
{
	pace->is_dirty = TRUE;
	return begin(pace);
}

gboolean pace_drawn(struct pace *pace)
{
	pace->is_drawing = FALSE;
	return begin(pace);
}

gboolean pace_rested(struct pace *pace)
{
	pace->is_resting = FALSE;
	return begin(pace);
}
