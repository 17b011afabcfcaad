/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To the main thread, in order: messages for the service, and warnings, of which a guest cannot cause any number. */
#include "worker/synthetic_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define WARNING_NS 10000000000u /* one more may be given after this time */

enum { MAIL_MAX = 256, WARNINGS_MAX = 20 };

struct mail {
	struct mail *next;
	struct link_message *message; /* NULL: a warning */
	char text[320];
};

static void free_mail(struct mail *mail)
{
	if (mail->message)
		link_message_free(mail->message);
	free(mail);
}

/* A guest that causes more than the main thread takes loses the rest. */
static void post(struct synthetic *synthetic, struct mail *mail)
{
	bool is_taken;

	mail->next = NULL;
	pthread_mutex_lock(&synthetic->lock);
	is_taken = synthetic->mail_count < MAIL_MAX;
	if (is_taken) {
		*synthetic->mail_tail = mail;
		synthetic->mail_tail = &mail->next;
		synthetic->mail_count++;
	}
	pthread_mutex_unlock(&synthetic->lock);
	if (is_taken)
		loop_call(synthetic->main_loop, &synthetic->mail_call);
	else
		free_mail(mail);
}

static struct mail *next_mail(struct synthetic *synthetic)
{
	struct mail *mail;

	pthread_mutex_lock(&synthetic->lock);
	mail = synthetic->first_mail;
	if (mail) {
		synthetic->first_mail = mail->next;
		synthetic->mail_count--;
	}
	if (!synthetic->first_mail)
		synthetic->mail_tail = &synthetic->first_mail;
	pthread_mutex_unlock(&synthetic->lock);
	return mail;
}

void synthetic_on_mail(void *opaque)
{
	struct synthetic *synthetic = opaque;
	struct mail *mail;

	while ((mail = next_mail(synthetic)) != NULL) {
		if (mail->message) {
			synthetic->ops->on_message(synthetic->opaque, mail->message);
			mail->message = NULL;
		} else {
			synthetic->ops->on_warning(synthetic->opaque, mail->text);
		}
		free_mail(mail);
	}
}

/* Whether there may be one more: a guest must not fill its host's log. */
static bool may_warn(struct synthetic *synthetic, unsigned *ret_lost)
{
	uint64_t now = loop_now(), more;
	bool may;

	pthread_mutex_lock(&synthetic->lock);
	more = (now - synthetic->warnings_at) / WARNING_NS;
	if (more > 0) {
		synthetic->warnings_at = now;
		synthetic->warnings_left = more > WARNINGS_MAX - synthetic->warnings_left
					       ? WARNINGS_MAX
					       : synthetic->warnings_left + (unsigned)more;
	}
	may = synthetic->warnings_left > 0;
	synthetic->warnings_left -= may;
	*ret_lost = synthetic->warnings_lost;
	synthetic->warnings_lost = may ? 0 : synthetic->warnings_lost + 1;
	pthread_mutex_unlock(&synthetic->lock);
	return may;
}

void synthetic_warn(struct synthetic *synthetic, const char *text)
{
	unsigned lost = 0;
	struct mail *mail;

	if (!may_warn(synthetic, &lost) || !(mail = calloc(1, sizeof(*mail))))
		return;
	if (lost > 0)
		snprintf(mail->text, sizeof(mail->text), "%s (%u warnings before this one were not shown)",
			 text, lost);
	else
		snprintf(mail->text, sizeof(mail->text), "%s", text);
	post(synthetic, mail);
}

void synthetic_tell(struct synthetic *synthetic, struct link_message *message)
{
	struct mail *mail = calloc(1, sizeof(*mail));

	if (!mail) {
		link_message_free(message);
		return;
	}
	mail->message = message;
	post(synthetic, mail);
}

void synthetic_drop_mail(struct synthetic *synthetic)
{
	struct mail *mail;

	while ((mail = next_mail(synthetic)) != NULL)
		free_mail(mail);
}
