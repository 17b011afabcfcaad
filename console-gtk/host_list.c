/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_list.h"

#include "named.h"

struct gui_host_list {
	GtkWidget *box;
	void (*on_selected)(VmcHost *host, gpointer opaque);
	gpointer opaque;
};

static void update_row(VmcHost *host, gpointer row)
{
	static const struct {
		const char *icon, *text;
	} looks[] = {
		[VMC_LINK_CONNECTING] = { "content-loading-symbolic", "connecting" },
		[VMC_LINK_CONNECTED] = { "network-server-symbolic", "connected" },
		[VMC_LINK_LOST] = { "network-offline-symbolic", "not connected" },
	};
	GtkWidget *image = g_object_get_data(row, "image"), *label = g_object_get_data(row, "label");
	enum vmc_link state = vmc_host_link(host);
	const char *problem = vmc_host_problem(host);
	char *tooltip,
	    *text = g_strdup_printf("%s%s%s%s", vmc_host_label(host), state == VMC_LINK_CONNECTED ? "" : " (",
				    state == VMC_LINK_CONNECTED ? "" : looks[state].text,
				    state == VMC_LINK_CONNECTED ? "" : ")");

	gtk_image_set_from_icon_name(GTK_IMAGE(image), looks[state].icon);
	gtk_label_set_text(GTK_LABEL(label), text);
	gui_set_name(row, text);
	tooltip = g_strconcat(text, "\n", *problem ? problem : looks[state].text, NULL);
	gtk_widget_set_tooltip_text(GTK_WIDGET(row), tooltip);
	g_free(tooltip);
	g_free(text);
}

static GtkWidget *make_row(gpointer item, gpointer unused)
{
	GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
	GtkWidget *image = gtk_image_new(), *label = gtk_label_new(NULL);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_MIDDLE);
	gtk_box_append(GTK_BOX(box), image);
	gtk_box_append(GTK_BOX(box), label);
	gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
	g_object_set_data(G_OBJECT(row), "image", image);
	g_object_set_data(G_OBJECT(row), "label", label);
	g_object_set_data(G_OBJECT(row), "host", item);
	g_signal_connect_object(item, "changed", G_CALLBACK(update_row), row, 0);
	update_row(item, row);
	return row;
}

static void on_row_selected(GtkListBox *box, GtkListBoxRow *row, gpointer opaque)
{
	struct gui_host_list *list = opaque;

	if (row)
		list->on_selected(g_object_get_data(G_OBJECT(row), "host"), list->opaque);
}

GtkWidget *gui_host_list_new(struct gui_app *app, void (*on_selected)(VmcHost *host, gpointer opaque),
			     gpointer opaque)
{
	struct gui_host_list *list = g_new0(struct gui_host_list, 1);

	list->box = gtk_list_box_new();
	list->on_selected = on_selected;
	list->opaque = opaque;
	gtk_widget_add_css_class(list->box, "hosts");
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(list->box), GTK_SELECTION_BROWSE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(list->box), GTK_ACCESSIBLE_PROPERTY_LABEL, "Hosts", -1);
	gtk_list_box_bind_model(GTK_LIST_BOX(list->box), G_LIST_MODEL(app->hosts), make_row, list, NULL);
	g_signal_connect(list->box, "row-selected", G_CALLBACK(on_row_selected), list);
	g_object_set_data_full(G_OBJECT(list->box), "list", list, g_free);
	return list->box;
}

void gui_host_list_select(GtkWidget *box, VmcHost *host)
{
	GtkListBoxRow *row;

	for (int i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(box), i)); i++)
		if (g_object_get_data(G_OBJECT(row), "host") == host)
			gtk_list_box_select_row(GTK_LIST_BOX(box), row);
}
